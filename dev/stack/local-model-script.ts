/**
 * The Python side of the local model. It is text and not a file of its own because the compiler copies no Python.
 * Arguments: the model's path and the port. It ends as soon as its standard input closes, so it cannot outlive its
 * owner.
 */
export const LOCAL_MODEL_SCRIPT = `
import os, sys
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {sys.argv[2]}
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[3])
# Two requests at once, each with 4096 tokens of context: the context given here is shared by the slots.
params.n_parallel = 2
params.n_ctx = 2 * 4096
# Threads of one request wait for each other by spinning. Beside other work, two write 2 tokens a second, and one 34.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.n_gpu_layers = 0
# The same prompt gives the same text. By chance, so small a model would now and then repeat itself without an end.
params.sampling.seed = 11
# The server would otherwise keep up to 8 GiB of earlier prompts.
params.cache_ram_mib = 256
params.ui = False
server = xllamacpp.Server(params)
sys.stdin.buffer.read()
# The server's threads do not end by themselves.
os._exit(0)
`;
