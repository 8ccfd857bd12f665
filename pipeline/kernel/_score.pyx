# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=True
"""From code points and word ends to features, scores and evidence, without a Python string.

The same features as `pipeline.features` (words, characters, pairs; the head of a long message
counted three times; each view of unit length), looked up in flat tables. Everything runs on
borrowed memory and without the GIL, a batch at a time.
"""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND
from libc.math cimport fabs, log, rint, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import numpy as np

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define wuwei_prefetch(address) __builtin_prefetch(address)
    #else
    #define wuwei_prefetch(address) ((void) 0)
    #endif
    """
    void wuwei_prefetch(const void* address) noexcept nogil
    # Python's own tables of characters: constant data, read without the GIL.
    bint Py_UNICODE_ISALNUM(uint32_t point) noexcept nogil
    bint Py_UNICODE_ISDECIMAL(uint32_t point) noexcept nogil
    bint Py_UNICODE_ISDIGIT(uint32_t point) noexcept nogil
    uint32_t Py_UNICODE_TOLOWER(uint32_t point) noexcept nogil
    # How any object without an `__init__` of its own is made, and any attribute set.
    object PyType_GenericNew(void* type, void* args, void* kwds)
    int PyObject_GenericSetAttr(object owner, object name, object value) except -1

# What a code point is to the views; `OTHER` is part of no feature.
cdef enum:
    OTHER = 0
    LETTER = 1  # alphanumeric: a character of its own
    LATIN = 2  # a-z, A-Z: a run is one character
    DECIMAL = 3  # as \d: likewise
    DIGIT = 4  # ², ①: a digit, but a character of its own

cdef enum:
    WORDS = 0
    CHARACTERS = 1
    PAIRS = 2

cdef enum:
    COLUMN_BITS = 21
    POINT_BITS = 21
    NO_POINT = 0x1FFFFF  # stands for the missing first code point of a name of one
    SHORT_NUMBER = 4  # digits from which a number is a long one
    MOST_SPANS = 8
    AHEAD = 6  # lookups and rows of weights are asked for so many steps before their turn

# The two characters that `str.lower` does not map one to one: İ, and Σ by what is beside it.
cdef enum:
    DOTTED_I = 0x130
    SIGMA = 0x3A3

cdef double NOTABLE = 0.12

cdef uint64_t GOLDEN = 0x9E3779B97F4A7C15ULL

cdef uint32_t ZEROS[4]
ZEROS[0] = ZEROS[1] = ZEROS[2] = ZEROS[3] = 48

# A name of three code points or more: where it stands in the names, and its column.
cdef struct Long:
    uint32_t hashed
    int32_t column  # -1: an empty place
    int32_t start
    int32_t length

cdef struct Features:
    const uint64_t* brief  # names of one or two code points, with their columns
    int brief_shift
    uint64_t brief_mask
    const Long* long
    uint64_t long_mask
    const uint32_t* names
    const float* idf
    const double* factor  # 1 + ln(count)
    int64_t n_factors
    int32_t first[4]  # columns where each view begins, and the end
    int32_t has_head, head, head_counts

# A stretch of code points that is a feature's name, and where it stands in the text.
cdef struct Unit:
    const uint32_t* name
    int32_t length
    int32_t start
    int32_t end

cdef struct Text:
    const void* data
    int kind
    int64_t length

cdef struct Slot:
    int32_t column  # -1: free
    int32_t index

cdef struct Scratch:
    uint32_t* points  # lower-cased
    uint8_t* kinds
    Unit* units
    Slot* slots  # column → index among the text's distinct columns
    int32_t* counts
    uint64_t* order  # columns with their indices, and as much room again to sort them

# Where the readings of a batch are written.
cdef struct Output:
    int32_t* which
    int32_t* starts
    int32_t* ends
    int32_t* columns
    float* values
    uint8_t* is_word


cdef class FeatureKernel:
    """The lookup tables held in memory; checked by `tables` of `pipeline.kernel.reader`."""

    cdef Features features
    cdef tuple held

    def __cinit__(
        self,
        const uint64_t[::1] brief,
        const uint8_t[::1] long,
        const uint32_t[::1] names,
        const int32_t[::1] first,
        const float[::1] idf,
        const double[::1] factor,
        tuple head not None,
    ):
        self.held = (brief, long, names, first, idf, factor)
        self.features.brief = &brief[0]
        self.features.brief_mask = brief.shape[0] - 1
        self.features.brief_shift = 64 - bits_of(brief.shape[0])
        self.features.long = <const Long*> &long[0]
        self.features.long_mask = long.shape[0] // sizeof(Long) - 1
        self.features.names = &names[0]
        self.features.idf = &idf[0]
        self.features.factor = &factor[0]
        self.features.n_factors = factor.shape[0]
        self.features.has_head, self.features.head, self.features.head_counts = head
        for view in range(4):
            self.features.first[view] = first[view]

    def read(self, tuple texts not None, const int32_t[::1] ends, const int64_t[::1] rows):
        """Read a batch; see `reader.Found` for what comes back, None for a text it must not read."""
        cdef int64_t n = len(texts), i, longest = 0, most_words = 0, room = 0
        cdef Text* views = <Text*> malloc((n + 1) * sizeof(Text))
        cdef Scratch scratch
        cdef Output out
        cdef bint read_all
        memset(&scratch, 0, sizeof(Scratch))
        if views == NULL:
            raise MemoryError()
        if rows.shape[0] != n + 1 or rows[n] != ends.shape[0]:
            free(views)
            raise ValueError("the ends are not those of these texts")
        try:
            for i in range(n):
                borrow(texts[i], &views[i])
                longest = max(longest, views[i].length)
                most_words = max(most_words, rows[i + 1] - rows[i])
                room += 2 * views[i].length + rows[i + 1] - rows[i]
            check_ends(views, n, ends, rows)
            make_scratch(&scratch, longest, most_words)
            arrays = [np.empty(room + 1, np.int32) for _ in range(4)]
            values = np.empty(room + 1, np.float32)
            is_word = np.empty(ends.shape[0] + 1, np.uint8)
            lengths = np.array([views[i].length for i in range(n)], np.int32)
            point_to(&out, arrays, values, is_word)
            occurrence_rows, column_rows = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
            read_all = read_batch(
                &self.features, views, n, ends, rows, &scratch, &out, occurrence_rows, column_rows
            )
        finally:
            free_scratch(&scratch)
            free(views)
        if not read_all:
            return None
        found, distinct = occurrence_rows[n], column_rows[n]
        return (
            *(array[:found] for array in arrays[:3]),
            occurrence_rows,
            arrays[3][:distinct],
            values[:distinct],
            column_rows,
            is_word,
            lengths,
        )


cdef int bits_of(int64_t size) noexcept nogil:
    cdef int bits = 0
    while (<int64_t> 1 << bits) < size:
        bits += 1
    return bits


cdef int borrow(object text, Text* view) except -1:
    cdef str string = <str?> text
    view.kind = PyUnicode_KIND(string)
    view.data = PyUnicode_DATA(string)
    view.length = len(string)
    if view.length > 0x3FFFFFFE:
        raise ValueError("a text of more than 1,073,741,822 characters cannot be read")
    return 0


cdef int check_ends(
    const Text* texts, int64_t n, const int32_t[::1] ends, const int64_t[::1] rows
) except -1:
    """The words of each text lie in it, in order: nothing below checks an index."""
    cdef int64_t i, j
    cdef int32_t last
    for i in range(n):
        last = 0
        if rows[i] < 0 or rows[i + 1] < rows[i] or rows[i + 1] > ends.shape[0]:
            raise ValueError("the ends are not those of these texts")
        for j in range(rows[i], rows[i + 1]):
            if ends[j] < last or ends[j] > texts[i].length:
                raise ValueError("the ends are not those of these texts")
            last = ends[j]
    return 0


cdef int make_scratch(Scratch* scratch, int64_t longest, int64_t words) except -1:
    cdef int64_t most = 2 * longest + words + 1, places = 16
    while places < 2 * most:
        places *= 2
    scratch.points = <uint32_t*> malloc((longest + 1) * sizeof(uint32_t))
    scratch.kinds = <uint8_t*> malloc(longest + 1)
    scratch.units = <Unit*> malloc((longest + 1) * sizeof(Unit))
    scratch.slots = <Slot*> malloc(places * sizeof(Slot))
    scratch.counts = <int32_t*> malloc(most * sizeof(int32_t))
    scratch.order = <uint64_t*> malloc(2 * most * sizeof(uint64_t))
    if not (
        scratch.points and scratch.kinds and scratch.units and scratch.slots and scratch.counts
        and scratch.order
    ):
        raise MemoryError()
    return 0


cdef void free_scratch(Scratch* scratch) noexcept:
    free(scratch.points)
    free(scratch.kinds)
    free(scratch.units)
    free(scratch.slots)
    free(scratch.counts)
    free(scratch.order)


cdef int point_to(Output* out, list arrays, float[::1] values, uint8_t[::1] is_word) except -1:
    cdef int32_t[::1] which = arrays[0], starts = arrays[1], ends = arrays[2], columns = arrays[3]
    out.which, out.starts, out.ends = &which[0], &starts[0], &ends[0]
    out.columns, out.values, out.is_word = &columns[0], &values[0], &is_word[0]
    return 0


cdef bint read_batch(
    const Features* features,
    const Text* texts,
    int64_t n,
    const int32_t[::1] ends,
    const int64_t[::1] rows,
    Scratch* scratch,
    Output* out,
    int64_t[::1] occurrence_rows,
    int64_t[::1] column_rows,
):
    cdef int64_t i
    cdef bint plain = True
    cdef const int32_t* words = &ends[0] if ends.shape[0] else NULL
    with nogil:
        for i in range(n):
            plain = read_points(&texts[i], scratch)
            if not plain:
                break
            read_text(
                features, &texts[i], words + rows[i], rows[i + 1] - rows[i], scratch, out,
                out.is_word + rows[i], &occurrence_rows[i], &column_rows[i],
            )
    return plain


cdef bint read_points(const Text* text, Scratch* scratch) noexcept nogil:
    """Lower and classify the code points; False where `str.lower` is more than a table."""
    cdef int64_t i
    cdef uint32_t point
    for i in range(text.length):
        if text.kind == 1:
            point = (<const uint8_t*> text.data)[i]
        elif text.kind == 2:
            point = (<const uint16_t*> text.data)[i]
        else:
            point = (<const uint32_t*> text.data)[i]
        if 0x4E00 <= point <= 0x9FFF:
            scratch.kinds[i] = LETTER
        elif point == DOTTED_I or point == SIGMA:
            return False
        else:
            scratch.kinds[i] = kind_of(point)
            if scratch.kinds[i] != OTHER:
                point = Py_UNICODE_TOLOWER(point)
        scratch.points[i] = point
    return True


cdef inline uint8_t kind_of(uint32_t point) noexcept nogil:
    if (97 <= point <= 122) or (65 <= point <= 90):
        return LATIN
    if 48 <= point <= 57:
        return DECIMAL
    if point < 128 or not Py_UNICODE_ISALNUM(point):
        return OTHER
    if Py_UNICODE_ISDECIMAL(point):
        return DECIMAL
    return DIGIT if Py_UNICODE_ISDIGIT(point) else LETTER


cdef void read_text(
    const Features* features, const Text* text, const int32_t* ends, int64_t n_words,
    Scratch* scratch, Output* out, uint8_t* is_word, int64_t* occurrence_row, int64_t* column_row,
) noexcept nogil:
    """Write the occurrences of one text and its distinct columns with their values."""
    cdef int64_t found = occurrence_row[0], distinct = column_row[0]
    cdef int32_t n_units = read_units(scratch, text.length)
    cdef int64_t n = find_words(features, scratch, ends, n_words, out, found, is_word)
    n += find_characters(features, scratch, n_units, out, found + n)
    n += find_pairs(features, scratch, n_units, out, found + n)
    occurrence_row[1] = found + n
    column_row[1] = distinct + weigh(
        features, scratch, features.head if text.length > features.has_head else 0, out, found, n, distinct
    )


cdef int32_t read_units(Scratch* scratch, int64_t length) noexcept nogil:
    """Cut into the character view's units: `[a-zA-Z]+|\\d+|[^\\W_]`."""
    cdef int64_t i = 0, start
    cdef int32_t n = 0
    cdef uint8_t kind
    cdef Unit* unit
    while i < length:
        kind, start = scratch.kinds[i], i
        i += 1
        if kind == OTHER:
            continue
        if kind == LATIN or kind == DECIMAL:
            while i < length and scratch.kinds[i] == kind:
                i += 1
        unit = &scratch.units[n]
        n += 1
        unit.start, unit.end = <int32_t> start, <int32_t> i
        name_unit(unit, scratch, kind == DECIMAL or kind == DIGIT)
    return n


cdef inline void name_unit(Unit* unit, Scratch* scratch, bint is_number) noexcept nogil:
    """A number is only short or long; everything else is its letters."""
    if is_number:
        unit.name = ZEROS
        unit.length = 1 if unit.end - unit.start < SHORT_NUMBER else SHORT_NUMBER
    else:
        unit.name = scratch.points + unit.start
        unit.length = unit.end - unit.start


cdef int64_t find_words(
    const Features* features, Scratch* scratch, const int32_t* ends, int64_t n_words, Output* out,
    int64_t at, uint8_t* is_word,
) noexcept nogil:
    cdef int64_t i, found = 0
    cdef int32_t j, column
    cdef bint any_letter, all_digits
    cdef Unit word
    word.end = 0
    for i in range(n_words):
        word.start, word.end = word.end, ends[i]
        any_letter, all_digits = False, True
        for j in range(word.start, word.end):
            any_letter |= scratch.kinds[j] != OTHER
            all_digits &= scratch.kinds[j] >= DECIMAL
        is_word[i] = any_letter
        if any_letter:
            name_unit(&word, scratch, all_digits)
            column = find_name(features, WORDS, word.name, word.length)
            found += put(out, at + found, column, word.start, word.end)
    return found


cdef int64_t find_characters(
    const Features* features, Scratch* scratch, int32_t n, Output* out, int64_t at
) noexcept nogil:
    cdef int32_t i, column
    cdef int64_t found = 0
    cdef const Unit* unit
    for i in range(n):
        unit = &scratch.units[i]
        if i + AHEAD < n:
            expect(features, True, NO_POINT, scratch.units[i + AHEAD].name[0])
        column = find_name(features, CHARACTERS, unit.name, unit.length)
        found += put(out, at + found, column, unit.start, unit.end)
    return found


cdef int64_t find_pairs(
    const Features* features, Scratch* scratch, int32_t n, Output* out, int64_t at
) noexcept nogil:
    cdef int32_t i, column
    cdef int64_t found = 0
    cdef const Unit* left
    cdef const Unit* right
    for i in range(1, n):
        left, right = &scratch.units[i - 1], &scratch.units[i]
        if i + AHEAD < n:
            expect(features, True, right[AHEAD - 1].name[0], right[AHEAD].name[0])
        if left.length == 1 and right.length == 1:
            column = find_brief(features, True, left.name[0], right.name[0])
        else:
            column = find_long(
                features, PAIRS, left.name, left.length, right.name, right.length
            )
        found += put(out, at + found, column, left.start, right.end)
    return found


cdef inline int64_t put(
    Output* out, int64_t at, int32_t column, int32_t start, int32_t end
) noexcept nogil:
    """Note an occurrence; a feature never learnt is none."""
    if column < 0:
        return 0
    out.which[at], out.starts[at], out.ends[at] = column, start, end
    return 1


cdef inline int32_t find_name(
    const Features* features, int view, const uint32_t* name, int32_t length
) noexcept nogil:
    """Find a word (1 to any number of code points) or a character."""
    if length == 1:
        # A character shares the table's half with the pairs, a word of one with those of two.
        return find_brief(features, view == CHARACTERS, NO_POINT, name[0])
    if length == 2 and view == WORDS:
        return find_brief(features, False, name[0], name[1])
    return find_long(features, view, name, length, NULL, 0)


cdef inline uint64_t brief_key(bint of_characters, uint32_t a, uint32_t b) noexcept nogil:
    return (
        (<uint64_t> of_characters << (2 * POINT_BITS)) | (<uint64_t> a << POINT_BITS)
        | <uint64_t> b
    )


cdef inline uint64_t brief_place(uint64_t key, int shift) noexcept nogil:
    """Half of the places are empty: a search mostly ends where it begins."""
    return (key * GOLDEN) >> shift


cdef inline void expect(
    const Features* features, bint of_characters, uint32_t a, uint32_t b
) noexcept nogil:
    """Ask for the cache line of a name that will soon be looked for."""
    wuwei_prefetch(
        &features.brief[brief_place(brief_key(of_characters, a, b), features.brief_shift)]
    )


cdef inline int32_t find_brief(
    const Features* features, bint of_characters, uint32_t a, uint32_t b
) noexcept nogil:
    cdef uint64_t key = brief_key(of_characters, a, b), entry
    cdef uint64_t place = brief_place(key, features.brief_shift)
    while True:
        entry = features.brief[place]
        if entry == 0:
            return -1
        if entry >> COLUMN_BITS == key:
            return <int32_t> (entry & ((1 << COLUMN_BITS) - 1)) - 1
        place = (place + 1) & features.brief_mask


cdef inline uint32_t hash_name(
    int view, const uint32_t* a, int32_t n_a, const uint32_t* b, int32_t n_b
) noexcept nogil:
    cdef uint64_t hashed = <uint64_t> (view + 1) * GOLDEN
    cdef int32_t i
    for i in range(n_a):
        hashed = (hashed ^ a[i]) * GOLDEN
    for i in range(n_b):
        hashed = (hashed ^ b[i]) * GOLDEN
    return <uint32_t> (hashed >> 32)


cdef int32_t find_long(
    const Features* features, int view, const uint32_t* a, int32_t n_a, const uint32_t* b,
    int32_t n_b,
) noexcept nogil:
    cdef uint32_t hashed = hash_name(view, a, n_a, b, n_b)
    cdef uint64_t place = hashed & features.long_mask
    cdef const Long* entry
    while True:
        entry = &features.long[place]
        if entry.column < 0:
            return -1
        if (
            entry.hashed == hashed
            and features.first[view] <= entry.column < features.first[view + 1]
            and entry.length == n_a + n_b
            and is_name(features.names + entry.start, a, n_a)
            and is_name(features.names + entry.start + n_a, b, n_b)
        ):
            return entry.column
        place = (place + 1) & features.long_mask


cdef inline bint is_name(const uint32_t* name, const uint32_t* given, int32_t n) noexcept nogil:
    cdef int32_t i
    for i in range(n):
        if name[i] != given[i]:
            return False
    return True


cdef int64_t weigh(
    const Features* features, Scratch* scratch, int32_t head, Output* out, int64_t at, int64_t n,
    int64_t first,
) noexcept nogil:
    """Number the distinct columns and give each its TF-IDF value, each view of unit length."""
    cdef int64_t i, mask = 15, view_end
    cdef int32_t distinct = 0, index
    cdef double squares[3]
    cdef double value
    cdef int view
    while mask < 2 * n:
        mask = 2 * mask + 1
    memset(scratch.slots, 0xFF, (mask + 1) * sizeof(Slot))
    for i in range(at, at + n):
        index = number(scratch.slots, mask, out.which[i], distinct)
        if index == distinct:
            scratch.order[index] = <uint64_t> out.which[i] << 32 | <uint64_t> index
            distinct += 1
        out.which[i] = index
    sort_columns(scratch, distinct, &out.columns[first])
    memset(scratch.counts, 0, distinct * sizeof(int32_t))
    for i in range(at, at + n):
        index = <int32_t> scratch.order[out.which[i]]
        out.which[i] = index
        scratch.counts[index] += features.head_counts if out.ends[i] <= head else 1
    squares[0] = squares[1] = squares[2] = 0
    for index in range(distinct):
        value = factor_of(features, scratch.counts[index])
        value *= features.idf[out.columns[first + index]]
        view = view_of(features, out.columns[first + index])
        squares[view] += value * value
    for index in range(distinct):
        value = factor_of(features, scratch.counts[index])
        value *= features.idf[out.columns[first + index]]
        view = view_of(features, out.columns[first + index])
        out.values[first + index] = <float> (value / sqrt(squares[view]))
    return distinct


cdef void sort_columns(Scratch* scratch, int32_t n, int32_t* columns) noexcept nogil:
    """Write the columns ascending, and leave in `order` the new index of each old one.

    Seven bits at a time, from the lowest: a fraction of what comparing would take.
    """
    cdef uint64_t* here = scratch.order
    cdef uint64_t* there = scratch.order + n
    cdef int32_t begins[128]
    cdef int32_t i, total, count
    cdef int shift
    for shift in range(32, 32 + COLUMN_BITS, 7):
        memset(begins, 0, sizeof(begins))
        for i in range(n):
            begins[(here[i] >> shift) & 127] += 1
        total = 0
        for i in range(128):
            count = begins[i]
            begins[i] = total
            total += count
        for i in range(n):
            there[begins[(here[i] >> shift) & 127]] = here[i]
            begins[(here[i] >> shift) & 127] += 1
        here, there = there, here
    # Three passes have left them in the second half.
    for i in range(n):
        columns[i] = <int32_t> (here[i] >> 32)
        there[<uint32_t> here[i]] = <uint64_t> i


cdef inline int32_t number(
    Slot* slots, int64_t mask, int32_t column, int32_t following
) noexcept nogil:
    """Return the number of a column; one not seen yet gets the following one."""
    cdef int64_t place = <int64_t> ((<uint64_t> column * GOLDEN) >> 40) & mask
    while slots[place].column != column:
        if slots[place].column < 0:
            slots[place].column, slots[place].index = column, following
        else:
            place = (place + 1) & mask
    return slots[place].index


cdef inline double factor_of(const Features* features, int32_t count) noexcept nogil:
    return features.factor[count] if count < features.n_factors else 1 + log(count)


cdef inline int view_of(const Features* features, int32_t column) noexcept nogil:
    return (column >= features.first[1]) + (column >= features.first[2])


def score(
    const int32_t[::1] columns,
    const float[::1] values,
    const int64_t[::1] rows,
    const float[:, ::1] weights,
    const float[::1] intercept,
):
    """Return the scores of a batch: float32, (texts, codes). `weights` is (features, codes)."""
    cdef int64_t n = rows.shape[0] - 1, i, j, ahead
    cdef int64_t codes = weights.shape[1], k
    scores = np.empty((n, codes), np.float32)
    cdef float[:, ::1] out = scores
    cdef const float* row
    cdef float* sums
    cdef float value
    check_columns(columns, rows, values.shape[0], weights.shape[0])
    if intercept.shape[0] != codes:
        raise ValueError("there is not one intercept a code")
    if codes == 0:
        return scores
    with nogil:
        for i in range(n):
            sums = &out[i, 0]
            for k in range(codes):
                sums[k] = 0
            for j in range(rows[i], rows[i + 1]):
                if j + AHEAD < rows[i + 1]:
                    row = &weights[columns[j + AHEAD], 0]
                    ahead = 0
                    while ahead < codes:
                        wuwei_prefetch(row + ahead)
                        ahead += 16
                add_row(sums, &weights[columns[j], 0], values[j], codes)
            for k in range(codes):
                sums[k] += intercept[k]
    return scores


cdef inline void add_row(
    float* sums, const float* row, float value, int64_t n
) noexcept nogil:
    cdef int64_t k
    for k in range(n):
        sums[k] += value * row[k]


cdef int check_columns(
    const int32_t[::1] columns, const int64_t[::1] rows, int64_t n_values, int64_t features
) except -1:
    cdef int64_t i
    if rows.shape[0] == 0 or rows[0] != 0 or n_values != columns.shape[0]:
        raise ValueError("these are not the columns of a batch")
    for i in range(rows.shape[0] - 1):
        if rows[i + 1] < rows[i] or rows[i + 1] > columns.shape[0]:
            raise ValueError("these are not the columns of a batch")
    for i in range(columns.shape[0]):
        if not 0 <= columns[i] < features:
            raise ValueError("the weights have fewer features than the columns say")
    return 0


def explain(
    tuple found not None,
    const int32_t[::1] ends,
    const int64_t[::1] rows,
    const int32_t[::1] documents,
    const float[:, ::1] pulls,
    const float[:, ::1] weights,
):
    """Return the strongest stretches of text for each request: what `evidence.explain` does.

    Request `r` asks about document `documents[r]` with the pull of each code `pulls[r]`.

    Returns:
        starts, ends (int32), weights (float64) of all stretches, and where each request's begin.
    """
    cdef const int32_t[::1] which = found[0], starts = found[1], stops = found[2]
    cdef const int64_t[::1] occurrence_rows = found[3]
    cdef const int32_t[::1] columns = found[4]
    cdef const float[::1] values = found[5]
    cdef const int64_t[::1] column_rows = found[6]
    cdef const uint8_t[::1] is_word = found[7]
    cdef const int32_t[::1] lengths = found[8]
    cdef int64_t n = documents.shape[0], r, count = 0, longest = 0, most = 0
    span_starts, span_ends = np.empty(MOST_SPANS * n, np.int32), np.empty(MOST_SPANS * n, np.int32)
    span_weights, span_rows = np.empty(MOST_SPANS * n), np.zeros(n + 1, np.int64)
    cdef int32_t[::1] out_starts = span_starts, out_ends = span_ends
    cdef double[::1] out_weights = span_weights
    cdef int64_t[::1] out_rows = span_rows
    cdef double* slope = NULL
    cdef double* gains = NULL
    cdef int32_t d
    cdef int64_t first, first_column, first_word
    check_columns(columns, column_rows, values.shape[0], weights.shape[0])
    if pulls.shape[0] != n or pulls.shape[1] != weights.shape[1]:
        raise ValueError("there is not one pull a request and code")
    if rows.shape[0] != column_rows.shape[0] or is_word.shape[0] < ends.shape[0]:
        raise ValueError("the ends are not those of these readings")
    for r in range(n):
        d = documents[r]
        if not 0 <= d < rows.shape[0] - 1:
            raise IndexError("no document of that number was read")
        longest = max(longest, lengths[d])
        most = max(most, column_rows[d + 1] - column_rows[d])
    slope = <double*> malloc((longest + 2) * sizeof(double))
    gains = <double*> malloc((most + 1) * (sizeof(double) + sizeof(int32_t)))
    try:
        if slope == NULL or gains == NULL:
            raise MemoryError()
        with nogil:
            for r in range(n):
                d = documents[r]
                first, first_column, first_word = occurrence_rows[d], column_rows[d], rows[d]
                if rows[d + 1] > first_word:
                    find_gains(
                        gains, &pulls[r, 0], weights, columns, values, first_column,
                        column_rows[d + 1] - first_column,
                    )
                    spread(
                        slope, lengths[d], gains,
                        <int32_t*> (gains + most + 1), column_rows[d + 1] - first_column,
                        which, starts, stops, first, occurrence_rows[d + 1],
                    )
                    count += strongest_spans(
                        slope, &ends[first_word], &is_word[first_word],
                        rows[d + 1] - first_word, out_starts, out_ends, out_weights, count,
                    )
                out_rows[r + 1] = count
    finally:
        free(slope)
        free(gains)
    return span_starts[:count], span_ends[:count], span_weights[:count], span_rows


cdef void find_gains(
    double* gains, const float* pull, const float[:, ::1] weights, const int32_t[::1] columns,
    const float[::1] values, int64_t first, int64_t n,
) noexcept nogil:
    cdef int64_t i
    for i in range(n):
        if i + AHEAD < n:
            wuwei_prefetch(&weights[columns[first + i + AHEAD], 0])
        gains[i] = <float> (
            dot(pull, &weights[columns[first + i], 0], weights.shape[1]) * values[first + i]
        )


cdef inline float dot(const float* a, const float* b, int64_t n) noexcept nogil:
    """Eight sums side by side, so that a compiler may keep them in one register."""
    cdef float sums[8]
    cdef float total = 0
    cdef int64_t i = 0, k
    for k in range(8):
        sums[k] = 0
    while i + 8 <= n:
        for k in range(8):
            sums[k] += a[i + k] * b[i + k]
        i += 8
    while i < n:
        total += a[i] * b[i]
        i += 1
    for k in range(8):
        total += sums[k]
    return total


cdef void spread(
    double* slope, int32_t length, double* gains, int32_t* times, int64_t distinct,
    const int32_t[::1] which, const int32_t[::1] starts, const int32_t[::1] ends, int64_t first,
    int64_t last,
) noexcept nogil:
    """Make `slope` the running sum of the characters' weights, as `evidence._spread`."""
    cdef int64_t i
    cdef double steps = 0, total = 0, step
    memset(slope, 0, (length + 2) * sizeof(double))
    memset(times, 0, distinct * sizeof(int32_t))
    for i in range(first, last):
        times[which[i]] += 1
    for i in range(distinct):
        if times[i]:
            gains[i] /= times[i]
    for i in range(first, last):
        slope[starts[i]] += gains[which[i]] / (ends[i] - starts[i])
    for i in range(first, last):
        slope[ends[i]] -= gains[which[i]] / (ends[i] - starts[i])
    for i in range(length):
        step = slope[i]
        slope[i] = total
        steps += step
        total += steps
    slope[length] = total


cdef int64_t strongest_spans(
    const double* running, const int32_t* ends, const uint8_t* is_word, int64_t n,
    int32_t[::1] out_starts, int32_t[::1] out_ends, double[::1] out_weights, int64_t at,
) noexcept nogil:
    """Join neighbouring words that pull the same way; keep the eight strongest, in order."""
    cdef int64_t i, count = 0
    cdef int32_t start = 0, end, span_start = -1, span_end = -1
    cdef double weight, span_weight = 0, strongest = 0
    for i in range(n):
        if is_word[i]:
            strongest = max(strongest, fabs(running[ends[i]] - running[start]))
        start = ends[i]
    start = 0
    for i in range(n):
        end = ends[i]
        weight = running[end] - running[start]
        if is_word[i] and fabs(weight) > NOTABLE * strongest:
            if span_end == start and (span_weight > 0) == (weight > 0):
                span_end, span_weight = end, span_weight + weight
            else:
                if span_start >= 0:
                    count = insert(out_starts, out_ends, out_weights, at, count,
                                   span_start, span_end, span_weight)
                span_start, span_end, span_weight = start, end, weight
        start = end
    if span_start >= 0:
        count = insert(out_starts, out_ends, out_weights, at, count,
                       span_start, span_end, span_weight)
    return count


cdef inline double millionths(double weight) noexcept nogil:
    return rint(fabs(weight) * 1e6)


cdef int64_t insert(
    int32_t[::1] starts, int32_t[::1] ends, double[::1] weights, int64_t at, int64_t count,
    int32_t start, int32_t end, double weight,
) noexcept nogil:
    """Insert a span among those found, strongest first; spans come in the text's order."""
    cdef int64_t i = at + count
    while i > at and millionths(weights[i - 1]) < millionths(weight):
        i -= 1
    if i - at >= MOST_SPANS:
        return count
    cdef int64_t last = at + (count if count < MOST_SPANS else MOST_SPANS - 1), j
    for j in range(last, i, -1):
        starts[j], ends[j], weights[j] = starts[j - 1], ends[j - 1], weights[j - 1]
    starts[i], ends[i], weights[i] = start, end, weight
    return count + 1 if count < MOST_SPANS else count


def build(list views not None):
    """Return the tables of names: brief ones (uint64), long ones (bytes), their code points.

    Args:
        views: the names of words, characters and pairs, each in column order.
    """
    cdef int64_t n_brief = 0, n_long = 0, n_points = 0, size = 16, long_size = 16
    cdef int view
    cdef str name
    for view in range(3):
        for name in views[view]:
            if is_brief(view, len(name)):
                n_brief += 1
            else:
                n_long += 1
                n_points += len(name)
    while size < 2 * n_brief:
        size *= 2
    while long_size < 2 * n_long:
        long_size *= 2
    brief, names = np.zeros(size, np.uint64), np.zeros(n_points + 1, np.uint32)
    long = np.zeros(long_size * sizeof(Long), np.uint8)
    cdef uint64_t[::1] out_brief = brief
    cdef uint32_t[::1] out_names = names
    cdef uint8_t[::1] long_bytes = long
    cdef Long* out_long = <Long*> &long_bytes[0]
    cdef int64_t i, at = 0
    cdef int32_t column = 0
    for i in range(long_size):
        out_long[i].column = -1
    for view in range(3):
        for name in views[view]:
            if is_brief(view, len(name)):
                add_brief(out_brief, view != WORDS, name, column)
            else:
                at += add_long(out_long, long_size - 1, out_names, at, view, name, column)
            column += 1
    return brief, long, names


cdef inline bint is_brief(int view, int64_t length):
    """Names of one code point (no pair) or two (no character)."""
    return (length == 1 and view != PAIRS) or (length == 2 and view != CHARACTERS)


cdef int add_brief(uint64_t[::1] table, bint of_characters, str name, int32_t column) except -1:
    cdef uint32_t a = NO_POINT, b = <uint32_t> name[len(name) - 1]
    if len(name) == 2:
        a = <uint32_t> name[0]
    cdef uint64_t key = brief_key(of_characters, a, b), mask = table.shape[0] - 1
    cdef uint64_t place = brief_place(key, 64 - bits_of(table.shape[0]))
    while table[place]:
        place = (place + 1) & mask
    table[place] = (key << COLUMN_BITS) | <uint64_t> (column + 1)
    return 0


cdef int64_t add_long(
    Long* table, uint64_t mask, uint32_t[::1] names, int64_t at, int view, str name, int32_t column
) except -1:
    cdef int64_t i, n = len(name)
    for i in range(n):
        names[at + i] = <uint32_t> name[i]
    cdef uint32_t hashed = hash_name(view, &names[at], <int32_t> n, NULL, 0)
    cdef uint64_t place = hashed & mask
    while table[place].column >= 0:
        place = (place + 1) & mask
    table[place].hashed, table[place].column = hashed, column
    table[place].start, table[place].length = <int32_t> at, <int32_t> n
    return n


def token_ends(list documents not None):
    """Return the ends of the words of documents given as tuples of words, and their rows."""
    cdef int64_t n = len(documents), total = 0, i, at = 0
    cdef int32_t end
    cdef tuple tokens
    cdef str token
    for tokens in documents:
        total += len(tokens)
    ends, rows = np.empty(total, np.int32), np.zeros(n + 1, np.int64)
    cdef int32_t[::1] out = ends
    cdef int64_t[::1] out_rows = rows
    for i in range(n):
        end = 0
        for token in <tuple> documents[i]:
            end += <int32_t> len(token)
            out[at] = end
            at += 1
        out_rows[i + 1] = at
    return ends, rows


def ranked(
    type record not None,
    tuple codes not None,
    const int64_t[:, ::1] order,
    const float[:, ::1] chances,
    const uint8_t[:, ::1] wanted,
):
    """Return a tuple of `record(code, probability)` for each row, in the order given.

    `record` is a frozen dataclass with slots, whose own `__init__` takes ten times as long;
    codes that are not wanted in a row are left out.
    """
    cdef int64_t i, k, code
    cdef list rows = [], row
    cdef object made
    if order.shape[1] != len(codes) or chances.shape[1] != len(codes):
        raise ValueError("there is not one chance a code")
    if order.shape[0] != chances.shape[0] or order.shape[0] != wanted.shape[0]:
        raise ValueError("there is not one order a row")
    if wanted.shape[1] != len(codes):
        raise ValueError("there is not one wish a code")
    for i in range(order.shape[0]):
        row = []
        for k in range(order.shape[1]):
            code = order[i, k]
            if not 0 <= code < order.shape[1]:
                raise ValueError("the order names a code that does not exist")
            if wanted[i, code]:
                made = PyType_GenericNew(<void*> record, NULL, NULL)
                PyObject_GenericSetAttr(made, "code", codes[code])
                PyObject_GenericSetAttr(made, "probability", <double> chances[i, code])
                row.append(made)
        rows.append(tuple(row))
    return rows
