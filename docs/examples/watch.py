"""Watches a story over HTTP until its run ends, through any disconnect, and verifies every text.

    STORYREEL_KEY=sr_... python3 watch.py http://127.0.0.1:8787 <project id>

Needs nothing but Python 3.9. Prints one line for each text: its lane, its SHA-256, and whether it is the one that is stored.
"""

import hashlib
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request


def messages(stream):
    """The id and the event of each whole message of a stream of Server-Sent Events."""
    id, data = None, None
    for line in stream:
        line = line.decode("utf-8").rstrip("\r\n")
        if line.startswith("id: "):
            id = line[4:]
        elif line.startswith("data: "):
            data = line[6:]
        elif line == "":
            if data is not None:
                yield id, json.loads(data)
            id, data = None, None


def take(texts, event):
    """Puts the texts together, as bytes of UTF-8 by lane. Gives (lane, stored SHA-256) of each text that is finished."""
    kind, lane = event["type"], event.get("lane")
    if kind == "snapshot":
        texts.clear()
        texts.update({lane: state["text"].encode() for lane, state in event["lanes"].items() if "text" in state})
        return [(lane, state["sha256"]) for lane, state in event["lanes"].items() if "sha256" in state]
    if kind == "reset":
        texts[lane] = b""
    elif kind == "resumed":
        texts[lane] = texts.get(lane, b"")[: event["offset"]]
    elif kind == "token":
        texts[lane] = texts.get(lane, b"")[: event["offset"]] + event["content"].encode()
    elif kind == "done":
        return [(lane, event["metadata"]["sha256"])]
    return []


def watch(url, key):
    texts, said, last_id, delay = {}, set(), None, 1.0
    while True:
        headers = {"Accept": "text/event-stream"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if last_id:
            headers["Last-Event-ID"] = last_id
        try:
            # The gateway sends a comment every 15 seconds: a silence of 40 is a dead connection.
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=40) as stream:
                if stream.status == 204:
                    return
                for id, event in messages(stream):
                    if event["type"] == "end":
                        return
                    for lane, stored in take(texts, event):
                        # A snapshot after a disconnect names texts that were verified before it.
                        if (lane, stored) not in said:
                            said.add((lane, stored))
                            sha256 = hashlib.sha256(texts.get(lane, b"")).hexdigest()
                            print(f"{lane} {sha256} {'verified' if sha256 == stored else 'DIFFERS'}", flush=True)
                    # Only what was taken is not asked for again.
                    last_id, delay = id or last_id, 1.0
        except urllib.error.HTTPError as error:
            if error.code not in (408, 429) and error.code < 500:
                sys.exit(error.read().decode())
        except OSError:
            pass
        time.sleep(delay * random.uniform(0.5, 1.5))
        delay = min(delay * 2, 30)


if __name__ == "__main__":
    watch(f"{sys.argv[1]}/v1/projects/{sys.argv[2]}/events", os.environ.get("STORYREEL_KEY"))
