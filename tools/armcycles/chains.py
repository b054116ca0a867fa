# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Joins blocks into chains and loops by how often one follows another."""

MAX_CHAIN = 1000        # instructions in one chain
LIKELY = 0.5            # an edge joins two blocks of a chain from here on


class Chain:
    """Blocks that run one after another, with their modelled cost."""

    def __init__(self, blocks, loop):
        self.blocks = blocks
        self.loop = loop
        self.n = sum(len(b.words) for b in blocks)
        # No core starts more than one taken branch per cycle.
        self.taken = sum(a.end != b.addr for a, b in zip(blocks, blocks[1:]))
        if loop:
            self.taken += blocks[-1].end != blocks[0].addr
        self.steady = self.first = self.bound = 0.0
        self.unit, self.busy, self.limit, self.skipped = "", 0.0, "", 0

    @property
    def words(self):
        return [w for b in self.blocks for w in b.words]

    @property
    def instructions(self):
        return sum(b.instructions for b in self.blocks)

    @property
    def cycles(self):
        return sum(b.count * b.cycles for b in self.blocks)


def make_chains(blocks, ids):
    """Grow chains along likely edges, the most frequent blocks first."""
    free = set(ids)

    def likely(options, own):
        if not options:
            return None
        i = max(options, key=lambda k: (options[k], -blocks[k].addr))
        ok = (options[i] >= LIKELY * blocks[own].count
              and options[i] >= LIKELY * blocks[i].count)
        return i if ok else None

    def closes(last, first):
        return blocks[last].next.get(first, 0) >= LIKELY * blocks[last].count

    chains = []
    order = sorted(ids, key=lambda i: (-blocks[i].count, blocks[i].addr, i))
    for seed in order:
        if seed not in free:
            continue
        free.discard(seed)
        chain, n = [seed], len(blocks[seed].words)
        loop = closes(seed, seed)
        for forward in (True, False):
            while not loop:
                tip = chain[-1 if forward else 0]
                edges = blocks[tip].next if forward else blocks[tip].prev
                i = likely(edges, tip)
                if i not in free or n + len(blocks[i].words) > MAX_CHAIN:
                    break
                free.discard(i)
                chain.insert(len(chain) if forward else 0, i)
                n += len(blocks[i].words)
                loop = closes(chain[-1], chain[0])
        chains.append(Chain([blocks[i] for i in chain], loop))
        for i in chain:
            blocks[i].chain = chains[-1]
    return chains
