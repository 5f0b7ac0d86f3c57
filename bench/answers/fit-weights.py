"""Fits the weights of packages/standin/src/answer-weights.ts to what measure.ts wrote. Needs numpy. Usage: python fit-weights.py FEATURES.jsonl

Prints both sets of weights and, for each of our own sets left out of the fit, how often the first sentence and one of the first three stand on
a gold place, and how well unanswerable questions are told from answerable ones.
"""
import json
import sys

import numpy as np

IMPORTANCE = dict(en=1.5, zh=1.5, everyday=1.5)  # of a set's questions; XQuAD has many
XQUAD = 0.25
MOST_OTHERS = 40  # wrong sentences of a question
random = np.random.default_rng(1)
questions = []
for line in open(sys.argv[1], encoding="utf8"):
    question = json.loads(line)
    if not question["sentences"]:
        continue
    names = list(question["sentences"][0]["features"])
    question["x"] = np.array([[one["features"][name] for name in names] for one in question["sentences"]], dtype=float)
    question["y"] = np.array([any(one["gold"]) for one in question["sentences"]])
    question["item"] = np.array([one["item"] for one in question["sentences"]])
    question["weight"] = IMPORTANCE.get(question["set"], XQUAD)
    questions.append(question)


# weights of words: what stands above the sentence; the same word there; in the sentence itself; the same word in it
STEPS = np.eye(len(names))
OWN_EXACT, OWN_ALIKE, ABOUT_EXACT, ABOUT_ALIKE = (names.index(name) for name in ("ownExact", "ownAlike", "aboutExact", "aboutAlike"))
STEPS[[OWN_EXACT, OWN_ALIKE, ABOUT_EXACT], ABOUT_ALIKE] = 1
STEPS[OWN_EXACT, [ABOUT_EXACT, OWN_ALIKE]] = 1
FREE = np.array([name in ("kindMissing", "order", "otherLanguage") for name in names])


def adam(gradient, size, steps, rate, free):
    weights, mean, square = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        slope = gradient(weights)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weights = np.where(free, weights, np.maximum(weights, 0))
    return weights


def fit_sentences(chosen):
    """The mean of a fit that is free and one that is bound: alone, the first prefers headings, the second loses rare tables."""
    return (fit_once(chosen, np.eye(len(names)), True) + fit_once(chosen, STEPS, FREE)) / 2


def fit_once(chosen, step_matrix, free):
    rows, target, weight, lengths = [], [], [], []
    for one in chosen:
        if one["expect"] != "answered" or not one["y"].any():
            continue
        others = np.where(~one["y"])[0]
        if len(others) > MOST_OTHERS:
            others = random.choice(others, MOST_OTHERS, replace=False)
        kept = np.concatenate([np.where(one["y"])[0], others])
        rows.append(one["x"][kept])
        target.append(one["y"][kept] / one["y"][kept].sum())
        weight.append(np.full(len(kept), one["weight"]))
        lengths.append(len(kept))
    total = sum(each[0] for each in weight)
    rows, target, weight, lengths = np.concatenate(rows), np.concatenate(target), np.concatenate(weight), np.array(lengths)
    steps = rows @ step_matrix  # what each step adds may only be more
    starts, spread = np.concatenate([[0], np.cumsum(lengths)[:-1]]), steps.std(0) + 1e-6
    rows = (steps - steps.mean(0)) / spread

    def gradient(weights):
        scores = rows @ weights
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
        shares = powers / np.repeat(np.add.reduceat(powers, starts), lengths)
        return rows.T @ ((shares - target) * weight) / total + 2e-3 * weights

    return step_matrix @ (adam(gradient, rows.shape[1], 250, 0.04, free) / spread)


GREATEST = ["greatestItem", "greatestMeaning", "greatestCover", "greatestOwn"]


def answer_row(one, kept, sentence_weights):
    x = one["x"][kept]
    at = {name: place for place, name in enumerate(names)}
    best = x[np.argmax(x @ sentence_weights)].copy()
    for name in ("order", "focus", "numbers"):
        best[at[name]] = 0  # not used here
    cover = x[:, at["ownExact"]] + x[:, at["ownAlike"]] + x[:, at["aboutExact"]]
    return np.concatenate([best, [x[:, at["item"]].max(), x[:, at["meaning"]].max(), cover.max(), x[:, at["ownExact"]].max()]])


def answer_data(chosen, sentence_weights):
    rows, target, weight = [], [], []
    for one in chosen:
        everything = np.ones(len(one["x"]), bool)
        if one["expect"] != "answered":
            rows.append(answer_row(one, everything, sentence_weights)), target.append(0), weight.append(3 * one["weight"])
        elif one["y"].any() and one["set"] not in ("xquad-zh<xquad-en", "xquad-en<xquad-zh"):
            rows.append(answer_row(one, everything, sentence_weights)), target.append(1), weight.append(one["weight"])
            without = ~np.isin(one["item"], one["item"][one["y"]])  # the passage that answers taken away
            if without.any():
                rows.append(answer_row(one, without, sentence_weights)), target.append(0), weight.append(0.5 * one["weight"])
    return np.array(rows), np.array(target), np.array(weight, dtype=float)


def fit_answers(chosen, sentence_weights):
    rows, target, weight = answer_data(chosen, sentence_weights)
    for side in (0, 1):
        weight[target == side] /= weight[target == side].sum()
    middle, spread = rows.mean(0), rows.std(0) + 1e-6
    rows = np.c_[(rows - middle) / spread, np.ones(len(rows))]
    weights, calm = np.zeros(rows.shape[1]), np.r_[np.full(rows.shape[1] - 1, 2e-3), 1e-6]
    for _ in range(60):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ ((chance - target) * weight) + calm * weights
        weights -= np.linalg.solve((rows * (chance * (1 - chance) * weight)[:, None]).T @ rows + np.diag(calm + 1e-9), slope)
    return weights[:-1] / spread, weights[-1] - (weights[:-1] * middle / spread).sum()


sentence_weights = fit_sentences(questions)
answer_weights, constant = fit_answers(questions, sentence_weights)
print("SENTENCE_WEIGHTS", {name: round(float(value), 2) for name, value in zip(names, sentence_weights)})
print("ANSWER_WEIGHTS", {name: round(float(value), 2) for name, value in zip(names + GREATEST, answer_weights)}, "constant", round(float(constant), 2))
for left_out in IMPORTANCE:
    rest = [one for one in questions if one["set"] != left_out]
    weights = fit_sentences(rest)
    for paraphrased in (False, True):
        own = [one for one in questions if one["set"] == left_out and one["expect"] == "answered" and one["paraphrased"] == paraphrased]
        ranks = [np.argsort(-(one["x"] @ weights)) for one in own]
        first, three = (100 * np.mean([one["y"][rank[:most]].any() for one, rank in zip(own, ranks)]) for most in (1, 3))
        print(left_out, "paraphrased" if paraphrased else "plain", len(own), f"first {first:.0f} %, one of three {three:.0f} %")
    answer, _ = fit_answers(rest, weights)
    own = [one for one in questions if one["set"] == left_out]
    values = {side: [answer_row(one, np.ones(len(one["x"]), bool), weights) @ answer for one in own if (one["expect"] == "answered") == side] for side in (True, False)}
    print("  answerable above unanswerable in", f"{100 * np.mean([a > b for a in values[True] for b in values[False]]):.0f} % of pairs")
