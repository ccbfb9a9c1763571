/* Read the symbols of a bzip2 block: its prefix codes, runs and the move-to-front lists. The format
   has no other description than libbz2 (decompress.c). */

#ifndef CSTOOL_BZIP2_SYMBOLS_H
#define CSTOOL_BZIP2_SYMBOLS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#define LARGEST 900000 /* Symbols of a block, before runs are expanded. */
#define SYMBOLS 258
#define LONGEST_CODE 20
#define SHORT_CODE 10 /* Bits of the codes that one look-up finds. */
#define MOST_CODES 6
#define MOST_GROUPS 18002 /* BZ_MAX_SELECTORS in libbz2. */
#define GROUP 50

/* Bits of data, most significant first. Behind the end of the data are zeros. */
typedef struct {
    const unsigned char *data;
    size_t size, next; /* `next`: offset of the next byte for `bits`. */
    uint64_t bits;
    int number; /* Of the bits that are valid; more of them may be set already. */
} Reader;

typedef struct {
    uint16_t short_codes[1 << SHORT_CODE]; /* Symbol << 5 | length; 0 for longer codes. */
    uint16_t symbols[SYMBOLS];             /* In the order of their codes. */
    uint32_t first[LONGEST_CODE + 1], count[LONGEST_CODE + 1], index[LONGEST_CODE + 1];
} Code;

static uint32_t big_endian(const unsigned char *data)
{
    return (uint32_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

static inline void fill(Reader *reader)
{
    if (reader->size >= 8 && reader->next <= reader->size - 8) {
        const unsigned char *data = reader->data + reader->next;
        uint64_t bits = (uint64_t)big_endian(data) << 32 | big_endian(data + 4);
        reader->bits |= bits >> reader->number;
        reader->next += (63 - reader->number) >> 3;
        reader->number |= 56;
        return;
    }
    for (; reader->number <= 56; reader->number += 8, reader->next++)
        if (reader->next < reader->size)
            reader->bits |= (uint64_t)reader->data[reader->next] << (56 - reader->number);
}

/* Return the next bits, 1 to 48 of them. */
static inline uint64_t take(Reader *reader, int number)
{
    if (reader->number < number)
        fill(reader);
    uint64_t value = reader->bits >> (64 - number);
    reader->bits <<= number;
    reader->number -= number;
    return value;
}

static Py_ssize_t position_of(const Reader *reader)
{
    return 8 * (Py_ssize_t)reader->next - reader->number;
}

static Reader reader_at(const unsigned char *data, size_t size, Py_ssize_t position)
{
    Reader reader = {data, size, (size_t)position / 8, 0, 0};
    if (position % 8)
        take(&reader, position % 8);
    return reader;
}

/* Make the prefix code with these lengths; return 0 if there is none. */
static int make_code(Code *code, const unsigned char *lengths, int symbols)
{
    memset(code, 0, sizeof *code);
    for (int i = 0; i < symbols; i++)
        code->count[lengths[i]]++;
    uint32_t next = 0, index = 0;
    for (int length = 1; length <= LONGEST_CODE; length++) {
        next <<= 1;
        code->first[length] = next;
        code->index[length] = index;
        next += code->count[length];
        index += code->count[length];
        if (next > 1u << length)
            return 0;
    }
    uint32_t at[LONGEST_CODE + 1];
    memcpy(at, code->index, sizeof at);
    for (int i = 0; i < symbols; i++) {
        int length = lengths[i];
        uint32_t number = at[length]++;
        code->symbols[number] = i;
        if (length <= SHORT_CODE) {
            uint32_t value = code->first[length] + number - code->index[length];
            int rest = SHORT_CODE - length;
            for (uint32_t k = value << rest; k < (value + 1) << rest; k++)
                code->short_codes[k] = i << 5 | length;
        }
    }
    return 1;
}

/* Read the symbol of a code longer than SHORT_CODE; return -1 if there is none. */
static int long_symbol(Reader *reader, const Code *code)
{
    for (int length = SHORT_CODE + 1; length <= LONGEST_CODE; length++) {
        uint32_t number = (uint32_t)(reader->bits >> (64 - length)) - code->first[length];
        if (number < code->count[length]) {
            take(reader, length);
            return code->symbols[code->index[length] + number];
        }
    }
    return -1;
}

/* Move the byte at an index to the front, and return it. */
static inline unsigned char to_front(unsigned char *list, unsigned index)
{
    unsigned char value = list[index];
    memmove(list + 1, list, index);
    list[0] = value;
    return value;
}

/* Read the bytes that a block contains; return their number. */
static int read_bytes(Reader *reader, unsigned char *list)
{
    int number = 0;
    unsigned used = take(reader, 16);
    for (int i = 0; i < 16; i++) {
        unsigned bits = used >> (15 - i) & 1 ? take(reader, 16) : 0;
        for (int k = 0; k < 16; k++)
            if (bits >> (15 - k) & 1)
                list[number++] = 16 * i + k;
    }
    return number;
}

/* Read which code each group of symbols has; return the number of groups, 0 if it is invalid. */
static int read_groups(Reader *reader, int codes, unsigned char *groups)
{
    unsigned char list[MOST_CODES] = {0, 1, 2, 3, 4, 5};
    int number = take(reader, 15);
    if (number > MOST_GROUPS)
        return 0;
    for (int i = 0; i < number; i++) {
        int index = 0;
        while (take(reader, 1))
            if (++index >= codes)
                return 0;
        groups[i] = to_front(list, index);
    }
    return number;
}

static int read_code(Reader *reader, Code *code, int symbols)
{
    unsigned char lengths[SYMBOLS];
    int length = take(reader, 5);
    for (int i = 0; i < symbols; i++) {
        while (length >= 1 && length <= LONGEST_CODE && take(reader, 1))
            length += take(reader, 1) ? -1 : 1;
        if (length < 1 || length > LONGEST_CODE)
            return 0;
        lengths[i] = length;
    }
    return make_code(code, lengths, symbols);
}

/* Read the symbols of a block; return their number, 0 if they are invalid. `list`: its bytes. */
static uint32_t read_symbols(Reader *from, const Code *codes, const unsigned char *groups,
                             int number, unsigned char *list, unsigned end, uint32_t largest,
                             unsigned char *out)
{
    Reader reader = *from;
    uint32_t written = 0, run = 0, weight = 1;
    for (int i = 0; i < number; i++) {
        const Code *code = &codes[groups[i]];
        for (int k = 0; k < GROUP; k++) {
            if (reader.number < LONGEST_CODE)
                fill(&reader);
            unsigned found = code->short_codes[reader.bits >> (64 - SHORT_CODE)], symbol;
            if (found) {
                reader.bits <<= found & 31;
                reader.number -= found & 31;
                symbol = found >> 5;
            } else {
                int longer = long_symbol(&reader, code);
                if (longer < 0)
                    return 0;
                symbol = longer;
            }
            if (symbol <= 1) {
                run += weight << symbol;
                weight <<= 1;
                if (run > largest - written)
                    return 0;
                continue;
            }
            if (run) {
                memset(out + written, list[0], run);
                written += run;
                run = 0;
                weight = 1;
            }
            if (symbol == end) {
                *from = reader;
                return written;
            }
            if (written >= largest)
                return 0;
            out[written++] = to_front(list, symbol - 1);
        }
    }
    return 0;
}

#endif
