"""Fits packages/standin/src/answer-weights.ts to what measure.ts wrote. Needs numpy. Usage: python fit-weights.py FEATURES.jsonl [RESULT.json]

Prints the weights, the least score with which a question is answered, and for each of our own sets, left out of
the fit, how much of the gold places was retrieved and stands among three citations (nothing refused), and in how many pairs an answerable question has more
points than one that is not.
"""
import json
import sys

import numpy as np

OWN = ("en", "zh", "everyday")
OWN_COUNTS, PUBLIC_COUNTS = 1.5, 0.05  # of each question: there are many public ones, in much the words of their documents
MOST_OTHERS = 40  # wrong sentences of a question
CALM = 2e-2  # holds weights small
SAME_PLACE, WORTH_ADDING = 1, 3  # as in answer-weights.ts: between 0 and 3, and 2 and no bound, no more than one question in a hundred changes
FALSE_REFUSALS = 0.05
# A word that stands there counts at least this much more than one like it, and in the sentence more than above it.
VERY_WORD = 1.5

questions = []
for line in open(sys.argv[1], encoding="utf8"):
    question = json.loads(line)
    if not question["sentences"]:
        questions.append(dict(question, x=None))
        continue
    names = list(question["sentences"][0]["features"])
    question["x"] = np.array([[one["features"][name] for name in names] for one in question["sentences"]], dtype=float)
    question["y"] = np.array([one["says"] for one in question["sentences"]])
    question["section"] = np.array([one["section"] for one in question["sentences"]])
    question["quote"] = np.array([one["quote"] for one in question["sentences"]])
    questions.append(question)

# what a step adds may only be more: a word alike above, the very word above, a word alike in the sentence, the very word in it
at = {name: place for place, name in enumerate(names)}
STEPS = np.eye(len(names))
STEPS[[at["ownAlike"], at["aboutExact"], at["ownExact"]], at["aboutAlike"]] = 1, VERY_WORD, VERY_WORD
STEPS[at["ownExact"], [at["aboutExact"], at["ownAlike"]]] = 1, VERY_WORD
for name in ("kindMissing", "rangeMisses", "order"):  # these may only be less
    STEPS[at[name], at[name]] = -1


def fit(chosen):
    """Softmax over the sentences of a question: those on a gold place are to come first."""
    random = np.random.default_rng(1)
    rows, target, weight, lengths = [], [], [], []
    for one in chosen:
        if one["x"] is None or one["expect"] != "answered" or not one["y"].any():
            continue
        others = np.where(~one["y"])[0]
        if len(others) > MOST_OTHERS:
            others = random.choice(others, MOST_OTHERS, replace=False)
        kept = np.concatenate([np.where(one["y"])[0], others])
        rows.append(one["x"][kept])
        target.append(one["y"][kept] / one["y"][kept].sum())
        weight.append(np.full(len(kept), OWN_COUNTS if one["set"] in OWN else PUBLIC_COUNTS))
        lengths.append(len(kept))
    total = sum(each[0] for each in weight)
    rows, target, weight, lengths = np.concatenate(rows), np.concatenate(target), np.concatenate(weight), np.array(lengths)
    rows = rows @ STEPS
    starts, spread = np.concatenate([[0], np.cumsum(lengths)[:-1]]), rows.std(0) + 1e-6
    rows = (rows - rows.mean(0)) / spread
    weights, mean, square = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, 301):  # Adam
        scores = rows @ weights
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
        shares = powers / np.repeat(np.add.reduceat(powers, starts), lengths)
        slope = rows.T @ ((shares - target) * weight) / total + CALM * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= 0.04 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weights = np.maximum(weights, 0)
    return STEPS @ (weights / spread)


def choose(scores, section, quote):
    """As select-evidence.ts does for a question of one part."""
    chosen = [int(np.argmax(scores))]
    while len(chosen) < min(3, len(scores)):
        left = scores - SAME_PLACE * np.isin(section, section[chosen])
        left[np.isin(quote, quote[chosen])] = -np.inf
        best = int(np.argmax(left))
        if left[best] <= scores[chosen[0]] - WORTH_ADDING:
            break
        chosen.append(best)
    return chosen


def read(chosen, weights, least=-np.inf):
    """Per answerable question: share of its places among three citations, whether the first hits one; citations; refusals."""
    shares, first, cited, refused, rightly = [], [], [], [], []
    for one in chosen:
        scores = None if one["x"] is None else one["x"] @ weights
        refuses = scores is None or scores.max() < least
        if one["expect"] != "answered":
            rightly.append(refuses)
            continue
        refused.append(refuses)
        picked = [] if refuses else choose(scores, one["section"], one["quote"])
        hits = [one["sentences"][place]["gold"] for place in picked]
        shares.append(np.mean([any(hit[place] for hit in hits) for place in range(one["places"])]))
        first.append(bool(hits) and any(hits[0]))
        cited.append(len(hits))
    return np.array(shares), np.mean(first), np.mean(cited), np.mean(refused), np.mean(rightly)


def least_score(chosen, weights):
    """The score that all but one in twenty answerable questions reach with their best sentence."""
    best = sorted((one["x"] @ weights).max() for one in chosen if one["x"] is not None and one["set"] in OWN and one["expect"] == "answered")
    return best[int(FALSE_REFUSALS * len(best))]


def told_apart(chosen, weights):
    best = {side: [(one["x"] @ weights).max() for one in chosen if one["x"] is not None and (one["expect"] == "answered") == side] for side in (True, False)}
    return np.mean([a > b for a in best[True] for b in best[False]])


own = {name: [one for one in questions if one["set"] == name] for name in OWN}
without = {name: fit([one for one in questions if one["set"] != name]) for name in OWN}
result = {"samePlace": SAME_PLACE, "worthAdding": WORTH_ADDING, "leftOut": {}}
for name in OWN:
    shares, first, cited, _, _ = read(own[name], without[name])
    answerable = [one for one in own[name] if one["expect"] == "answered"]
    paraphrased = np.array([one["paraphrased"] for one in answerable])
    retrieved = [0 if one["x"] is None else np.mean([any(each["gold"][place] for each in one["sentences"]) for place in range(one["places"])]) for one in answerable]
    values = {
        "questions": len(shares), "retrieved": np.mean(retrieved), "amongThree": shares.mean(), "plain": shares[~paraphrased].mean(),
        "paraphrased": shares[paraphrased].mean(), "first": first, "citations": cited, "answerableAbove": told_apart(own[name], without[name]),
    }
    result["leftOut"][name] = {key: round(float(value), 3) for key, value in values.items()}
    print(name, result["leftOut"][name])
weights = fit(questions)
result["weights"] = {name: round(float(value), 2) for name, value in zip(names, weights)}
result["leastScore"] = round(float(least_score(questions, weights)), 2)
for name in OWN:
    shares, first, cited, refused, rightly = read(own[name], weights, result["leastScore"])
    print(f"{name} in the fit: {shares.mean():.3f}, first {first:.3f}, {cited:.2f} citations, refused {refused:.3f} of the answerable and {rightly:.3f} of the others")
print(json.dumps(result["weights"]), "least", result["leastScore"])
if len(sys.argv) > 2:
    json.dump(result, open(sys.argv[2], "w"), indent=2)
