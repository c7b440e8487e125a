"""Threads that iterate the SDK's stream and publish the accumulated text with each token, as the Celery product did.

Speaks the lines of harness/produce.ts: says {"ready": true}, runs the streams that a line names, ends with its input.
"""

import json
import os
import sys
import threading

import openai
import redis

services = json.loads(os.environ["BENCH_SERVICES"])
client = openai.OpenAI(base_url=services["providerUrl"], api_key="none", max_retries=0)
publisher = redis.Redis.from_url(services["redisUrl"])


def stream(label, channel):
    full_text = ""
    answer = client.chat.completions.create(
        model="bench", messages=[{"role": "user", "content": label}], stream=True
    )
    for chunk in answer:
        content = chunk.choices[0].delta.content if chunk.choices else None
        if not content:
            continue
        full_text += content
        publisher.publish(channel, json.dumps({"type": "token", "content": content, "full_text": full_text}))
    publisher.publish(channel, json.dumps({"type": "done", "full_text": full_text}))


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


say({"ready": True})
for line in sys.stdin:
    streams = json.loads(line)["run"]
    for each in streams:
        threading.Thread(target=stream, args=(each["label"], each["handle"]), daemon=True).start()
    say({"running": len(streams)})
# Threads in the middle of a text do not keep the process.
os._exit(0)
