/* Decode bzip2 blocks, several at a time. The inverse of the Burrows-Wheeler transform waits for
   memory at each byte; when several blocks are followed in turn, these times overlap. Data that is
   damaged or unusual is refused; the caller gives it to libbz2 (bzip2.py). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_module.h"
#include "_bzip2_symbols.h"

#define BLOCK_MAGIC 0x314159265359
#define END_MAGIC 0x177245385090
#define LEVEL_BYTES 100000
#define MOST_BLOCKS 12           /* More gain little, and take more memory. */
#define LARGEST_OUTPUT (8 << 20) /* Bytes of a block; more repetitive ones are refused. */
#define BUCKET 9                 /* Bits of the number of rotations in a bucket (Block). */

/* A block's rotations in order: `table` has for each the index of the one that begins two symbols
   later << 8 | its second symbol. `ends`: the index behind the rotations that begin with a symbol;
   `buckets`: the first symbol of every (1 << BUCKET)th. */
typedef struct {
    uint32_t checksum, origin, length; /* `length`: in symbols, before runs are expanded. */
    uint32_t *table, ends[256];
    unsigned char *symbols, buckets[(LARGEST >> BUCKET) + 1];
    Py_ssize_t start, end; /* Bit offsets. */
    Py_ssize_t size;       /* Of the output. */
    unsigned char *output;
} Block;

static uint32_t checksums[8][256];

static void make_checksums(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i << 24;
        for (int bit = 0; bit < 8; bit++)
            value = value << 1 ^ (value >> 31 ? 0x04C11DB7 : 0);
        checksums[0][i] = value;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++)
            checksums[k][i] = checksums[k - 1][i] << 8 ^ checksums[0][checksums[k - 1][i] >> 24];
}

static uint32_t checksum_of(const unsigned char *data, size_t length)
{
    uint32_t value = 0xFFFFFFFF;
    for (; length >= 8; length -= 8, data += 8) {
        uint32_t a = value ^ big_endian(data), b = big_endian(data + 4);
        value = checksums[7][a >> 24] ^ checksums[6][a >> 16 & 255] ^
                checksums[5][a >> 8 & 255] ^ checksums[4][a & 255] ^
                checksums[3][b >> 24] ^ checksums[2][b >> 16 & 255] ^
                checksums[1][b >> 8 & 255] ^ checksums[0][b & 255];
    }
    while (length--)
        value = value << 8 ^ checksums[0][value >> 24 ^ *data++];
    return ~value;
}

/* Read a block behind its magic number; return 0 if it is refused. */
static int read_block(Reader *reader, Block *block, uint32_t largest)
{
    unsigned char list[256], groups[MOST_GROUPS];
    Code codes[MOST_CODES];
    block->checksum = take(reader, 32);
    if (take(reader, 1)) /* randomised, as by versions before 0.9.5 */
        return 0;
    block->origin = take(reader, 24);
    int bytes = read_bytes(reader, list);
    int number = take(reader, 3);
    if (!bytes || number < 2 || number > MOST_CODES)
        return 0;
    int of_groups = read_groups(reader, number, groups);
    for (int i = 0; i < number; i++)
        if (!read_code(reader, &codes[i], bytes + 2))
            return 0;
    block->length =
        read_symbols(reader, codes, groups, of_groups, list, bytes + 1, largest, block->symbols);
    return block->origin < block->length;
}

/* Make the table from the symbols that precede the rotations. `one`: memory for a table. */
static void make_table(Block *block, uint32_t *one)
{
    uint32_t *ends = block->ends, sum = 0, length = block->length;
    memset(ends, 0, sizeof block->ends);
    for (uint32_t i = 0; i < length; i++)
        ends[block->symbols[i]]++;
    for (int i = 0; i < 256; i++) {
        uint32_t count = ends[i];
        ends[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < length; i++)
        one[ends[block->symbols[i]]++] = i << 8 | block->symbols[i];
    for (uint32_t i = 0; i < length; i++)
        block->table[i] = one[one[i] >> 8];
    for (uint32_t i = 0; i < length; i += 1 << BUCKET)
        block->buckets[i >> BUCKET] = one[i];
}

static inline unsigned char first_symbol(const Block *block, uint32_t index)
{
    unsigned char symbol = block->buckets[index >> BUCKET];
    while (index >= block->ends[symbol])
        symbol++;
    return symbol;
}

typedef struct { const Block *block; uint32_t index, left; unsigned char *to; } Walk;

/* Write two symbols of each block, `steps` times. */
static inline void follow(Walk *walks, uint32_t steps, const int number)
{
    for (uint32_t i = 0; i < steps; i++)
#pragma GCC unroll 16
        for (int k = 0; k < number; k++) {
            Walk *walk = &walks[k];
            uint32_t entry = walk->block->table[walk->index];
            walk->to[2 * i] = first_symbol(walk->block, walk->index);
            walk->to[2 * i + 1] = entry;
            walk->index = entry >> 8;
        }
}

/* Replace the symbols of blocks by those that the transform was made of. */
static void untransform(Block *blocks, int number)
{
    Walk walks[MOST_BLOCKS];
    for (int k = 0; k < number; k++)
        walks[k] = (Walk){&blocks[k], blocks[k].origin, blocks[k].length / 2, blocks[k].symbols};
    while (number) {
        uint32_t steps = walks[0].left;
        for (int k = 1; k < number; k++)
            if (walks[k].left < steps)
                steps = walks[k].left;
        if (number == MOST_BLOCKS)
            follow(walks, steps, MOST_BLOCKS);
        else
            follow(walks, steps, number);
        int kept = 0;
        for (int k = 0; k < number; k++) {
            Walk *walk = &walks[k];
            walk->left -= steps;
            walk->to += 2 * steps;
            if (walk->left)
                walks[kept++] = *walk;
            else if (walk->block->length % 2)
                *walk->to = first_symbol(walk->block, walk->index);
        }
        number = kept;
    }
}

/* Return the offset behind the next four equal bytes, `length + 1` if there are none. */
static uint32_t find_run(const unsigned char *data, uint32_t i, uint32_t length)
{
    while (i + 3 < length) {
        if (data[i + 3] != data[i + 2])
            i += 3;
        else if (data[i + 2] != data[i + 1])
            i += 2;
        else if (data[i + 1] != data[i])
            i += 1;
        else
            return i + 4;
    }
    return length + 1;
}

/* Return the size of a block's output. A byte after four equal ones is the number of those that
   follow; a block that ends before that byte is damaged, and gets a size that is refused. */
static Py_ssize_t output_size(const Block *block)
{
    Py_ssize_t size = block->length;
    uint32_t i = 0;
    while ((i = find_run(block->symbols, i, block->length)) < block->length)
        size += block->symbols[i++] - 1;
    return i == block->length ? LARGEST_OUTPUT + 1 : size;
}

/* Write a block's output; return whether its checksum is right. */
static int expand(const Block *block)
{
    unsigned char *to = block->output;
    const unsigned char *from = block->symbols;
    uint32_t i = 0;
    while (i < block->length) {
        uint32_t next = find_run(from, i, block->length);
        next = next < block->length ? next : block->length;
        memcpy(to, from + i, next - i);
        to += next - i;
        if (next < block->length) {
            memset(to, from[next - 1], from[next]);
            to += from[next++];
        }
        i = next;
    }
    return checksum_of(block->output, block->size) == block->checksum;
}

typedef struct {
    Py_ssize_t position; /* Bit offset. */
    int level;           /* Of the stream, 0 at its beginning. */
    long long checksum;  /* Of its blocks so far, -1 if unknown. */
} State;

/* Read up to `most` blocks; `before` gets the state before each. Return their number. */
static int read_blocks(const unsigned char *data, Py_ssize_t size, State *state, Block *blocks,
                       State *before, int most, uint32_t *one)
{
    int number = 0;
    while (number < most) {
        State at = *state;
        if (!at.level) {
            const unsigned char *header = data + at.position / 8;
            if (at.position / 8 > size - 4 || memcmp(header, "BZh", 3) || header[3] < '1' ||
                header[3] > '9')
                break;
            at = (State){at.position + 32, header[3] - '0', 0};
        }
        Reader reader = reader_at(data, size, at.position);
        Block *block = &blocks[number];
        uint64_t magic = take(&reader, 48);
        if (magic == END_MAGIC) {
            uint32_t checksum = take(&reader, 32);
            Py_ssize_t end = (position_of(&reader) + 7) / 8;
            if (end > size || (at.checksum >= 0 && at.checksum != checksum))
                break;
            while (end < size && !data[end]) /* padding */
                end++;
            *state = (State){8 * end, 0, 0};
            continue;
        }
        if (magic != BLOCK_MAGIC || !read_block(&reader, block, at.level * LEVEL_BYTES) ||
            position_of(&reader) > 8 * size)
            break;
        make_table(block, one);
        block->start = at.position;
        block->end = at.position = position_of(&reader);
        if (at.checksum >= 0) {
            uint32_t checksum = at.checksum;
            at.checksum = (uint32_t)(checksum << 1 | checksum >> 31) ^ block->checksum;
        }
        before[number++] = *state;
        *state = at;
    }
    return number;
}

PyDoc_STRVAR(decode_doc,
"decode(data, position, level, checksum, memory)\n\n"
"Decode the bzip2 blocks from a bit offset on, as many as fit into `memory`.");

static PyObject *decode(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *data;
    State state, before[MOST_BLOCKS];
    Py_buffer memory;
    if (!PyArg_ParseTuple(args, "SniLw*:decode", &data, &state.position, &state.level,
                          &state.checksum, &memory))
        return NULL;
    const unsigned char *bytes = (const unsigned char *)PyBytes_AS_STRING(data);
    Py_ssize_t size = PyBytes_GET_SIZE(data);
    Py_ssize_t most = memory.len / (5 * LARGEST) - 1;
    PyObject *found = NULL;
    if (state.position < 0 || state.position / 8 > size || (!state.level && state.position % 8) ||
        state.level < 0 || state.level > 9 || most < 1 || (uintptr_t)memory.buf % 4) {
        PyErr_SetString(PyExc_ValueError, "position, level or memory out of range");
        goto end;
    }
    most = most < MOST_BLOCKS ? most : MOST_BLOCKS;
    Block blocks[MOST_BLOCKS];
    uint32_t *tables = memory.buf;
    for (int i = 0; i < most; i++) {
        blocks[i].table = tables + i * LARGEST;
        blocks[i].symbols = (unsigned char *)(tables + (most + 1) * LARGEST) + i * LARGEST;
    }
    int number;
    Py_BEGIN_ALLOW_THREADS
    number = read_blocks(bytes, size, &state, blocks, before, most,
                         tables + most * LARGEST);
    untransform(blocks, number);
    for (int i = 0; i < number; i++)
        blocks[i].size = output_size(&blocks[i]);
    Py_END_ALLOW_THREADS
    found = PyList_New(0);
    for (int i = 0; found && i < number; i++) {
        Block *block = &blocks[i];
        int right = block->size <= LARGEST_OUTPUT;
        PyObject *output = right ? PyBytes_FromStringAndSize(NULL, block->size) : Py_NewRef(Py_None);
        if (output && right) {
            block->output = (unsigned char *)PyBytes_AS_STRING(output);
            Py_BEGIN_ALLOW_THREADS
            right = expand(block);
            Py_END_ALLOW_THREADS
        }
        PyObject *item = output && right ? Py_BuildValue("nnO", block->start, block->end, output)
                                         : NULL;
        int failed = !output || (right && (!item || PyList_Append(found, item)));
        Py_XDECREF(item);
        Py_XDECREF(output);
        if (failed)
            Py_CLEAR(found);
        if (failed || !right) {
            state = before[i];
            break;
        }
    }
end:
    PyBuffer_Release(&memory);
    if (!found)
        return NULL;
    return Py_BuildValue("NniL", found, state.position, state.level, state.checksum);
}

static PyMethodDef functions[] = {
    {"decode", decode, METH_VARARGS, decode_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bzip2_blocks",
    .m_doc = "Decode bzip2 blocks, several at a time.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__bzip2_blocks(void)
{
    make_checksums();
    return PyModuleDef_Init(&module);
}
