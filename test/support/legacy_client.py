"""A client of the old Django product, as it is out there: it knows Redis Pub/Sub and nothing of Storyreel.

    REDIS_URL=... legacy_client.py PROJECT_ID STAGE    one stage, to its `done` or `error`
    REDIS_URL=... legacy_client.py PROJECT_ID '*'      all stages, to `pipeline_done` or `pipeline_error`

Prints the line `ready` once it is subscribed and, at the end, one JSON object: `ended_by`, the `types` that it saw in
their order (with `*` each as "stage type"), and for one stage the `text` that it put together from the tokens, the
`full_texts` that came with them and the `full_text` that the last event brought. Waits for its end for as long as that takes; a lost connection is exit code 1.
"""

import json
import os
import sys

import redis

ENDS_OF_STAGE = ("done", "error")
ENDS_OF_ALL = ("pipeline_done", "pipeline_error")


def subscribe(url, project_id, stage):
    """Gives every event from the subscription on."""
    pubsub = redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=False)
    channel = f"ai_story:project:{project_id}:stage:{stage}"
    if stage == "*":
        pubsub.psubscribe(channel)
    else:
        pubsub.subscribe(channel)
    for message in pubsub.listen():
        if message["type"] in ("subscribe", "psubscribe"):
            print("ready", flush=True)
        elif message["type"] in ("message", "pmessage"):
            yield json.loads(message["data"])


def follow_stage(events):
    types, text, full_texts = [], "", []
    for event in events:
        types.append(event["type"])
        if event["type"] == "token":
            text += event["content"]
            full_texts.append(event.get("full_text"))
        if event["type"] in ENDS_OF_STAGE:
            return {
                "ended_by": event["type"],
                "types": types,
                "text": text,
                "full_texts": full_texts,
                "full_text": event.get("full_text"),
            }


def follow_all(events):
    types = []
    for event in events:
        types.append(f"{event['stage']} {event['type']}")
        if event["type"] in ENDS_OF_ALL:
            return {"ended_by": event["type"], "types": types}


def main():
    project_id, stage = sys.argv[1:]
    events = subscribe(os.environ["REDIS_URL"], project_id, stage)
    print(json.dumps(follow_all(events) if stage == "*" else follow_stage(events)))


main()
