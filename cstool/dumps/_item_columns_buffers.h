/* The columns of items that _item_columns.c fills: numbers, texts, and the names of languages and
   sites. */

#ifndef CSTOOL_ITEM_COLUMNS_BUFFERS_H
#define CSTOOL_ITEM_COLUMNS_BUFFERS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a longer line, or of texts, after which a line is left to Python, which first takes the
   columns: offsets have 32 bits. */
#define MOST_BYTES (1 << 30)

/* The first `used` of `room` bytes; `bytes` is the object with the data, NULL without room. */
typedef struct { PyObject *bytes; char *data; size_t used, room; } Buffer;

/* Make room for more bytes; return 0 with an exception, and an empty buffer, without memory. */
static int reserve(Buffer *buffer, size_t bytes)
{
    if (buffer->room - buffer->used >= bytes)
        return 1;
    size_t room = 2 * buffer->room + bytes;
    if (buffer->bytes == NULL)
        buffer->bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    else
        _PyBytes_Resize(&buffer->bytes, (Py_ssize_t)room);
    if (buffer->bytes == NULL) {
        *buffer = (Buffer){NULL, NULL, 0, 0};
        return 0;
    }
    buffer->data = PyBytes_AS_STRING(buffer->bytes);
    buffer->room = room;
    return 1;
}

/* Return the bytes, and empty the buffer. */
static PyObject *take_bytes(Buffer *buffer)
{
    PyObject *bytes = buffer->bytes;
    if (bytes == NULL)
        bytes = PyBytes_FromStringAndSize(NULL, 0);
    else
        _PyBytes_Resize(&bytes, (Py_ssize_t)buffer->used); /* without memory, it becomes NULL */
    *buffer = (Buffer){NULL, NULL, 0, 0};
    return bytes;
}

/* Append a number; there must be room. */
static inline void put(Buffer *buffer, uint32_t number)
{
    memcpy(buffer->data + buffer->used, &number, sizeof number);
    buffer->used += sizeof number;
}

/* Languages or sites: an index for each name, and a hash table of the indices + 1. A name is left
   to Python if it is longer than LONGEST_NAME or there are already MOST_NAMES. */
enum { LONGEST_NAME = 31, MOST_NAMES = 4096, SLOTS = 4 * MOST_NAMES };

typedef struct {
    char text[LONGEST_NAME];
    unsigned char length;
    uint32_t line; /* the last one with it, from 1 */
} Name;

typedef struct {
    PyObject *list; /* of str; names that are found are appended */
    Py_ssize_t number; /* of the names of the list that are in the table */
    uint32_t line; /* the number of lines so far */
    Name names[MOST_NAMES];
    uint16_t slots[SLOTS];
} Names;

/* Labels, aliases or sitelinks: `counts` per item; `names` indices of each text's language or site;
   `ends` of the texts, after a 0. */
typedef struct { Names keys; Buffer counts, names, ends, texts; } Terms;

enum { LABELS, ALIASES, SITELINKS, KINDS };

typedef struct {
    Terms terms[KINDS];
    Buffer qids, types, type_counts;
    PyObject *others; /* the types of entities that are no items, a list */
    const char *wanted; /* QIDs, sorted: uint32[number_wanted] */
    Py_ssize_t number_wanted; /* -1: all items are wanted */
    Py_ssize_t unwanted; /* the number of items that are not */
} Columns;

/* Make room for the columns of a line; return 0 with an exception without memory. */
static int reserve_for(Columns *columns, size_t line)
{
    /* Text takes at most the bytes of its JSON; a term and a type take more than eight. */
    size_t numbers = (line / 8 + 2) * sizeof(uint32_t);
    int enough = reserve(&columns->qids, sizeof(uint32_t)) && reserve(&columns->types, numbers) &&
                 reserve(&columns->type_counts, sizeof(uint32_t));
    for (int i = 0; enough && i < KINDS; i++) {
        Terms *terms = &columns->terms[i];
        enough = reserve(&terms->counts, sizeof(uint32_t)) && reserve(&terms->names, numbers) &&
                 reserve(&terms->ends, numbers) && reserve(&terms->texts, line + 16);
        if (enough && !terms->ends.used)
            put(&terms->ends, 0);
    }
    return enough;
}

/* Return whether a line must be left to Python so that the columns are taken. */
static int are_full(const Columns *columns, size_t line)
{
    int full = line > MOST_BYTES;
    for (int i = 0; i < KINDS; i++)
        full |= columns->terms[i].texts.used > MOST_BYTES;
    return full;
}

/* Return whether a name is this text. */
static inline int has_text(const Name *name, const char *text, size_t length)
{
    if (name->length != length)
        return 0;
    for (size_t i = 0; i < length; i++) /* too short for memcmp to be faster */
        if (name->text[i] != text[i])
            return 0;
    return 1;
}

/* Return the slot of a name: an empty one if it is not in the table. */
static inline uint16_t *slot_of(Names *names, const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    for (uint32_t slot = hash ^ hash >> 15;; slot++) {
        uint16_t *found = &names->slots[slot % SLOTS];
        if (!*found || has_text(&names->names[*found - 1], text, length))
            return found;
    }
}

static void add_name(Names *names, uint16_t *slot, const char *text, size_t length)
{
    Name *name = &names->names[names->number++];
    memcpy(name->text, text, length);
    name->length = (unsigned char)length;
    name->line = 0;
    *slot = (uint16_t)names->number;
}

/* Take the names that Python has appended; return 0 with an exception if one is no string. */
static int take_names(Names *names)
{
    while (names->number < PyList_GET_SIZE(names->list) && names->number < MOST_NAMES) {
        Py_ssize_t length;
        const char *text = PyUnicode_AsUTF8AndSize(
            PyList_GET_ITEM(names->list, names->number), &length);
        if (text == NULL)
            return 0;
        uint16_t unused; /* the slot of a name that no line here can have */
        if (length <= LONGEST_NAME)
            add_name(names, slot_of(names, text, length), text, length);
        else
            add_name(names, &unused, text, 0);
    }
    return 1;
}

#endif
