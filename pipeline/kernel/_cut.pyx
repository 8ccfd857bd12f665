# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=True
"""jieba's exact cut over code points, without a Python string on the way.

A text becomes letters (`tables.py` numbers them), letters become token ends. Everything
between is plain C on borrowed memory and runs without the GIL. Sums are taken in jieba's
order, so that equal scores are equal here too and every tie falls the same way.
"""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc

import numpy as np

# Letters with a meaning of their own; `tables.py` hands them out in this order.
cdef enum:
    OUTSIDE = 0  # no part of a block: punctuation, blanks, rare scripts
    RETURN = 1
    NEWLINE = 2
    DIGITS = 3  # first of 10
    LATIN = 13  # first of 52
    DOT = 65
    PERCENT = 66
    HAN = 72  # the first, and all characters neither the dictionary nor the HMM knows
    LETTERS = 0x9FD6  # code points from here on are OUTSIDE

# States of the HMM in the order of their names, which is how jieba breaks ties.
cdef enum:
    B = 0
    E = 1
    M = 2
    S = 3

# One transition of the trie reads one of these: 16 bytes, never across a cache line.
cdef struct Node:
    int32_t base
    int32_t parent
    double value  # log frequency, or -inf where no word ends

cdef struct Text:
    const void* data
    int kind
    Py_ssize_t length

cdef struct Scratch:
    double* score  # of the best way from here to the end of the block
    int32_t* stop  # where its first word ends
    uint16_t* letters
    uint8_t* states

cdef struct Model:
    const Node* nodes
    const uint16_t* letters
    const double* emission  # four a letter
    const double* chain  # four to start with, then four from each state
    const int32_t* forced  # nodes of words the HMM may not form, ascending
    Py_ssize_t n_forced
    double lone  # score of a character that is no word


cdef class Kernel:
    """The tables held in memory and the cut itself; checked by `tables.Tables.check`."""

    cdef Model model
    cdef tuple held  # the arrays that `model` points into

    def __cinit__(
        self,
        const uint8_t[::1] nodes,
        const uint16_t[::1] letters,
        const double[:, ::1] emission,
        const double[:, ::1] chain,
        const int32_t[::1] forced,
        double lone,
    ):
        if letters.shape[0] != LETTERS or chain.shape[0] != 5 or chain.shape[1] != 4:
            raise ValueError("the tables have another shape than this kernel reads")
        self.held = (nodes, letters, emission, chain, forced)
        self.model.nodes = <const Node*> &nodes[0]
        self.model.letters = &letters[0]
        self.model.emission = &emission[0, 0]
        self.model.chain = &chain[0, 0]
        self.model.n_forced = forced.shape[0]
        self.model.forced = &forced[0] if forced.shape[0] else NULL
        self.model.lone = lone

    def cut(self, str text not None):
        """Return the words of a text."""
        ends, _ = self.boundaries((text,))
        cdef const int32_t[::1] at = ends
        cdef list words = []
        cdef Py_ssize_t i, start = 0
        for i in range(at.shape[0]):
            words.append(text[start : at[i]])
            start = at[i]
        return words

    def boundaries(self, tuple texts not None):
        """Return the ends of all words (int32) and where each text's own begin (int64)."""
        cdef Py_ssize_t n = len(texts), i, total = 0, longest = 0, count = 0
        cdef Text* views = <Text*> malloc((n + 1) * sizeof(Text))
        cdef Scratch scratch
        cdef void* memory = NULL
        if views == NULL:
            raise MemoryError()
        try:
            for i in range(n):
                views[i] = borrow(texts[i])
                total += views[i].length
                longest = max(longest, views[i].length)
            memory = malloc((longest + 1) * (sizeof(double) + 4 + 2 + 1))
            if memory == NULL:
                raise MemoryError()
            scratch.score = <double*> memory
            scratch.stop = <int32_t*> (scratch.score + longest + 1)
            scratch.letters = <uint16_t*> (scratch.stop + longest + 1)
            scratch.states = <uint8_t*> (scratch.letters + longest + 1)
            found = np.empty(total + 1, np.int32)
            rows = np.zeros(n + 1, np.int64)
            count = cut_all(&self.model, views, n, &scratch, found, rows)
        finally:
            free(memory)
            free(views)
        return found[:count].copy(), rows


cdef Text borrow(object text) except *:
    """Point at a string's own code points: strings do not change while they are held."""
    cdef Text view
    cdef str string = <str?> text
    view.kind = PyUnicode_KIND(string)
    view.data = PyUnicode_DATA(string)
    view.length = len(string)
    if view.kind not in (1, 2, 4) or view.length > 0x7FFFFFFE:
        raise ValueError("a text of more than 2,147,483,646 characters cannot be cut")
    return view


cdef Py_ssize_t cut_all(
    const Model* model,
    const Text* texts,
    Py_ssize_t n,
    Scratch* scratch,
    int32_t[::1] ends,
    int64_t[::1] rows,
):
    cdef Py_ssize_t i, count = 0
    with nogil:
        for i in range(n):
            read_letters(model.letters, &texts[i], scratch.letters)
            count += cut_text(model, texts[i].length, scratch, &ends[count])
            rows[i + 1] = count
    return count


cdef void read_letters(const uint16_t* table, const Text* text, uint16_t* out) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint32_t point
    for i in range(text.length):
        if text.kind == 1:
            point = (<const uint8_t*> text.data)[i]
        elif text.kind == 2:
            point = (<const uint16_t*> text.data)[i]
        else:
            point = (<const uint32_t*> text.data)[i]
        out[i] = table[point] if point < LETTERS else OUTSIDE


cdef Py_ssize_t cut_text(
    const Model* model, Py_ssize_t length, Scratch* scratch, int32_t* ends
) noexcept nogil:
    """jieba's `cut`: blocks go on, everything else is a token a character, CR LF one."""
    cdef const uint16_t* letters = scratch.letters
    cdef Py_ssize_t i = 0, start, count = 0
    while i < length:
        if letters[i] >= DIGITS:
            start = i
            while i < length and letters[i] >= DIGITS:
                i += 1
            best_path(model, scratch, start, i)
            count += cut_block(model, scratch, start, i, &ends[count])
        else:
            i += 1
            if letters[i - 1] == RETURN and i < length and letters[i] == NEWLINE:
                i += 1
            ends[count] = <int32_t> i
            count += 1
    return count


cdef void best_path(
    const Model* model, Scratch* scratch, Py_ssize_t start, Py_ssize_t end
) noexcept nogil:
    """jieba's `get_DAG` and `calc` in one: the best first word of every rest of a block.

    Of equal scores the longer word wins, as in jieba's `max` over (score, end).
    """
    cdef const Node* nodes = model.nodes
    cdef const uint16_t* letters = scratch.letters
    cdef double* score = scratch.score
    cdef double best, now
    cdef Py_ssize_t i, j, stop
    cdef int32_t node, child
    score[end] = 0
    for i in range(end - 1, start - 1, -1):
        best, stop, node = -INFINITY, 0, 0
        for j in range(i, end):
            child = nodes[node].base + letters[j]
            if nodes[child].parent != node:
                break
            node = child
            if nodes[node].value > -INFINITY:
                now = nodes[node].value + score[j + 1]
                if now >= best:
                    best, stop = now, j + 1
        if stop == 0:  # not even the character itself is a word
            best, stop = model.lone + score[i + 1], i + 1
        score[i] = best
        scratch.stop[i] = <int32_t> stop


cdef Py_ssize_t cut_block(
    const Model* model, Scratch* scratch, Py_ssize_t start, Py_ssize_t end, int32_t* ends
) noexcept nogil:
    """jieba's `__cut_DAG`: follow the path, let the HMM look at runs of single characters."""
    cdef Py_ssize_t i = start, run = start, stop, count = 0
    while i < end:
        stop = scratch.stop[i]
        if stop - i > 1:
            count += cut_singles(model, scratch, run, i, &ends[count])
            ends[count] = <int32_t> stop
            count += 1
            run = stop
        i = stop
    return count + cut_singles(model, scratch, run, end, &ends[count])


cdef Py_ssize_t cut_singles(
    const Model* model, Scratch* scratch, Py_ssize_t start, Py_ssize_t end, int32_t* ends
) noexcept nogil:
    """A run that is itself a word was cut apart for a better path, and stays apart."""
    cdef int32_t node
    if end - start > 1:
        node = walk(model.nodes, &scratch.letters[start], end - start)
        if node < 0 or model.nodes[node].value == -INFINITY:
            return recognise(model, scratch, start, end, ends)
    return every_character(start, end, ends)


cdef Py_ssize_t every_character(
    Py_ssize_t start, Py_ssize_t end, int32_t* ends
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(start, end):
        ends[i - start] = <int32_t> (i + 1)
    return end - start


cdef int32_t walk(const Node* nodes, const uint16_t* letters, Py_ssize_t length) noexcept nogil:
    """Return the node of a word or prefix, or -1."""
    cdef Py_ssize_t i
    cdef int32_t node = 0, child
    for i in range(length):
        child = nodes[node].base + letters[i]
        if nodes[child].parent != node:
            return -1
        node = child
    return node


cdef Py_ssize_t recognise(
    const Model* model, Scratch* scratch, Py_ssize_t start, Py_ssize_t end, int32_t* ends
) noexcept nogil:
    """`finalseg.cut`: Chinese runs through the HMM, the rest by `[a-zA-Z0-9]+(\\.\\d+)?%?`."""
    cdef const uint16_t* letters = scratch.letters
    cdef Py_ssize_t i = start, count = 0
    while i < end:
        start = i
        if letters[i] >= HAN:
            while i < end and letters[i] >= HAN:
                i += 1
            viterbi(model, &letters[start], i - start, scratch.states)
            count += read_states(model, scratch, start, i, &ends[count])
        elif letters[i] < DOT:
            i = after_number(letters, i, end)
            ends[count] = <int32_t> i
            count += 1
        else:
            while i < end and DOT <= letters[i] < HAN:
                i += 1
            ends[count] = <int32_t> i
            count += 1
    return count


cdef Py_ssize_t after_number(
    const uint16_t* letters, Py_ssize_t i, Py_ssize_t end
) noexcept nogil:
    """Return the end of `[a-zA-Z0-9]+(\\.\\d+)?%?` matched at `i`."""
    while i < end and letters[i] < DOT:
        i += 1
    if i + 1 < end and letters[i] == DOT and letters[i + 1] < LATIN:
        i += 1
        while i < end and letters[i] < LATIN:
            i += 1
    if i < end and letters[i] == PERCENT:
        i += 1
    return i


cdef inline double better(double lower, double higher, int shift, uint8_t* chosen) noexcept nogil:
    """Of two scores the greater; of equals that of the state whose name is higher."""
    if higher >= lower:
        chosen[0] |= <uint8_t> (1 << shift)
        return higher
    return lower


cdef void viterbi(
    const Model* model, const uint16_t* letters, Py_ssize_t n, uint8_t* states
) noexcept nogil:
    """Write the likeliest state of each letter: one bit a state says where it came from.

    Two states can precede each: E or S before B and S, B or M before E and M. jieba copies
    the whole path at every step, which is what makes it quadratic.
    """
    cdef const double* chain = model.chain
    cdef const double* from_b = &chain[4 * (1 + B)]
    cdef const double* from_e = &chain[4 * (1 + E)]
    cdef const double* from_m = &chain[4 * (1 + M)]
    cdef const double* from_s = &chain[4 * (1 + S)]
    cdef const double* emit = &model.emission[4 * letters[0]]
    cdef double b = chain[B] + emit[B], e = chain[E] + emit[E]
    cdef double m = chain[M] + emit[M], s = chain[S] + emit[S]
    cdef double next_b, next_e, next_m, next_s
    cdef Py_ssize_t i
    for i in range(1, n):
        emit = &model.emission[4 * letters[i]]
        states[i] = 0
        next_b = better(e + from_e[B] + emit[B], s + from_s[B] + emit[B], B, &states[i])
        next_e = better(b + from_b[E] + emit[E], m + from_m[E] + emit[E], E, &states[i])
        next_m = better(b + from_b[M] + emit[M], m + from_m[M] + emit[M], M, &states[i])
        next_s = better(e + from_e[S] + emit[S], s + from_s[S] + emit[S], S, &states[i])
        b, e, m, s = next_b, next_e, next_m, next_s
    trace_back(states, n, S if s >= e else E)


cdef void trace_back(uint8_t* states, Py_ssize_t n, int state) noexcept nogil:
    """Turn the bits of each step into the state on the winning path."""
    cdef Py_ssize_t i
    cdef int higher
    for i in range(n - 1, 0, -1):
        higher = (states[i] >> state) & 1
        states[i] = <uint8_t> state
        if state == B or state == S:
            state = S if higher else E
        else:
            state = M if higher else B
    states[0] = <uint8_t> state


cdef Py_ssize_t read_states(
    const Model* model, Scratch* scratch, Py_ssize_t start, Py_ssize_t end, int32_t* ends
) noexcept nogil:
    """A word ends at each E and S; one that was forbidden falls into its characters."""
    cdef Py_ssize_t i, begin = start, count = 0
    for i in range(start, end):
        if scratch.states[i - start] == E or scratch.states[i - start] == S:
            if is_forced(model, &scratch.letters[begin], i + 1 - begin):
                count += every_character(begin, i + 1, &ends[count])
            else:
                ends[count] = <int32_t> (i + 1)
                count += 1
            begin = i + 1
    return count


cdef bint is_forced(const Model* model, const uint16_t* word, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t low = 0, high = model.n_forced, middle
    cdef int32_t node
    if high == 0:
        return False
    node = walk(model.nodes, word, length)
    while low < high:
        middle = (low + high) // 2
        if model.forced[middle] < node:
            low = middle + 1
        else:
            high = middle
    return low < model.n_forced and model.forced[low] == node


# Tries after which the places before are taken to be full for families of a size.
cdef enum:
    LONG_SEARCH = 64


def place(const int32_t[::1] first, const int32_t[::1] labels, Py_ssize_t low, Py_ssize_t size):
    """Find room for every family of a trie in one array: the first base that fits.

    Family `f` has the ascending labels `labels[first[f]:first[f + 1]]`; a child lies at its
    family's base plus its label, at `low` or above, where `low` exceeds all labels. Free
    places are chained both ways. Families come by falling size: where one had to look long,
    the next of its size starts where that one ended.

    Returns:
        the bases (int32), or None where `size` places were not enough.
    """
    cdef Py_ssize_t f, k, at, tries, begin = low, head = low, n = first.shape[0] - 1
    bases = np.zeros(n, np.int32)
    cdef int32_t[::1] out = bases
    cdef int32_t[::1] after = np.arange(1, size + 1, dtype=np.int32)
    cdef int32_t[::1] before = np.arange(-1, size - 1, dtype=np.int32)
    cdef uint8_t[::1] used = np.zeros(size, np.uint8)
    with nogil:
        for f in range(n):
            if f and first[f + 1] - first[f] < first[f] - first[f - 1]:
                begin = head
            at, tries = max(begin, head), 0
            while at < size and not fits(labels, first[f], first[f + 1], used, at):
                at = after[at]
                tries += 1
            if at == size:
                break
            if tries > LONG_SEARCH:
                begin = at
            out[f] = <int32_t> (at - labels[first[f]])
            for k in range(first[f], first[f + 1]):
                at = out[f] + labels[k]
                used[at] = 1
                if at == head:
                    head = after[at]
                else:
                    after[before[at]] = after[at]
                if after[at] < size:
                    before[after[at]] = before[at]
        else:
            f = n
    return bases if f == n else None


cdef bint fits(
    const int32_t[::1] labels, Py_ssize_t start, Py_ssize_t end, const uint8_t[::1] used,
    Py_ssize_t at,
) noexcept nogil:
    """Whether a family may lie with its first child at `at`."""
    cdef Py_ssize_t k, base = at - labels[start]
    if base + labels[end - 1] >= used.shape[0]:
        return False
    for k in range(start, end):
        if used[base + labels[k]]:
            return False
    return True
