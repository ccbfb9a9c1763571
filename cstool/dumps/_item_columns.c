/* Read lines of Wikidata's JSON dump into columns of items, without an object per text. The columns
   are the same as those that item_columns.py makes of the entities that msgspec decodes
   (tests/dumps/test_item_columns.py). Lines in any but the published form are left to it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_module.h"
#include "_json_scan.h"

/* Bytes of a longer line, or of texts, after which a line is left to Python, which first takes the
   columns: offsets have 32 bits. */
#define MOST_BYTES (1 << 30)

/* ---- columns ---- */

typedef struct { char *data; size_t used, room; } Buffer;

/* Make room for more bytes; return 0 without memory. */
static int reserve(Buffer *buffer, size_t bytes)
{
    if (buffer->room - buffer->used >= bytes)
        return 1;
    size_t room = 2 * buffer->room + bytes;
    char *data = PyMem_Realloc(buffer->data, room);
    if (data == NULL)
        return 0;
    buffer->data = data;
    buffer->room = room;
    return 1;
}

/* Append a number; there must be room. */
static inline void put(Buffer *buffer, uint32_t number)
{
    memcpy(buffer->data + buffer->used, &number, sizeof number);
    buffer->used += sizeof number;
}

static inline size_t length_of(const Buffer *buffer)
{
    return buffer->used / sizeof(uint32_t);
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
    const char *wanted; /* uint32[number_wanted], sorted */
    Py_ssize_t number_wanted, unwanted; /* -1: all items are wanted */
} Columns;

static uint16_t *slot_of(Names *names, const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    for (uint32_t slot = hash ^ hash >> 15;; slot++) {
        uint16_t *found = &names->slots[slot % SLOTS];
        if (!*found || (names->names[*found - 1].length == length &&
                        !memcmp(names->names[*found - 1].text, text, length)))
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

/* Return the index of a name in this line, -1 if the line is left to Python: also because it has
   the name twice; -2 with an exception. */
static Py_ssize_t index_of(Names *names, const Scan *scan)
{
    const char *text = (const char *)scan->key;
    if (scan->key_length > LONGEST_NAME)
        return -1;
    for (size_t i = 0; i < scan->key_length; i++)
        if (scan->key[i] >= 0x80)
            return -1;
    uint16_t *slot = slot_of(names, text, scan->key_length);
    if (!*slot) {
        if (names->number != PyList_GET_SIZE(names->list) || names->number >= MOST_NAMES)
            return -1;
        PyObject *name = PyUnicode_FromStringAndSize(text, scan->key_length);
        int failed = name == NULL || PyList_Append(names->list, name) < 0;
        Py_XDECREF(name);
        if (failed)
            return -2;
        add_name(names, slot, text, scan->key_length);
    }
    Name *name = &names->names[*slot - 1];
    if (name->line == names->line)
        return -1;
    name->line = names->line;
    return *slot - 1;
}

/* ---- the parts of an item: each returns 1, 0 for what is left to Python, -1 with an exception --- */

/* Skip an empty list, as which PHP writes an empty map. */
static inline int is_empty_list(Scan *scan)
{
    if (scan->at[0] != '[' || scan->at[1] != ']')
        return 0;
    scan->at += 2;
    return 1;
}

/* Read an object with a text in the member `field` and append the text. */
static inline int read_term(Scan *scan, Terms *terms, uint32_t name, const char *field)
{
    size_t length = strlen(field);
    int more, found = 0;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        if (!is_key(scan, field, length)) {
            if (!skip_member(scan))
                return 0;
            continue;
        }
        unsigned char *to = (unsigned char *)terms->texts.data + terms->texts.used;
        if (found++ || *scan->at != '"' ||
            (scan->at = decode_string(scan->at + 1, scan->end, &to)) == NULL)
            return 0;
        terms->texts.used = (char *)to - terms->texts.data;
    }
    if (more < 0 || !found)
        return 0;
    put(&terms->names, name);
    put(&terms->ends, (uint32_t)terms->texts.used);
    return 1;
}

static inline int read_aliases(Scan *scan, Terms *terms, uint32_t name)
{
    if (is_empty_list(scan))
        return 1;
    if (*scan->at++ != '[')
        return 0;
    for (;; scan->at++) {
        if (!read_term(scan, terms, name, "value"))
            return 0;
        if (*scan->at != ',')
            return *scan->at++ == ']';
    }
}

static int read_terms(Scan *scan, Columns *columns, int kind)
{
    Terms *terms = &columns->terms[kind];
    int more, taken = 1;
    if (is_empty_list(scan))
        return 1;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        Py_ssize_t name = index_of(&terms->keys, scan);
        if (name < 0)
            return name == -2 ? -1 : 0;
        if (kind == ALIASES)
            taken = read_aliases(scan, terms, (uint32_t)name);
        else
            taken = read_term(scan, terms, (uint32_t)name, kind == LABELS ? "value" : "title");
        if (!taken)
            return 0;
    }
    return more == 0;
}

/* Return the number of a QID, 0 for another text. */
static uint32_t qid_of(const unsigned char *text, size_t length)
{
    uint64_t number = 0;
    if (length < 2 || length > 11 || text[0] != 'Q' || text[1] == '0')
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        number = number * 10 + (text[i] - '0');
    }
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* Read a string of ASCII without escapes; `key` and `key_length` become the text. */
static int read_ascii(Scan *scan)
{
    if (*scan->at != '"')
        return 0;
    At close = plain_end(scan->at + 1, scan->end);
    if (*close != '"')
        return 0;
    for (At at = scan->at + 1; at < close; at++)
        if (*at >= 0x80)
            return 0;
    scan->key = scan->at + 1;
    scan->key_length = close - scan->key;
    scan->at = close + 1;
    return 1;
}

/* The parts of a statement, outermost first, and what is read of each of them. */
static const char *const STATEMENT[] = {"mainsnak", "datavalue", "value", "id"};
enum { DEPTH = sizeof STATEMENT / sizeof *STATEMENT };
enum { NORMAL, PREFERRED, DEPRECATED };

static int read_rank(Scan *scan, int *rank)
{
    if (!read_ascii(scan))
        return 0;
    *rank = KEY_IS(scan, "normal") ? NORMAL : KEY_IS(scan, "preferred") ? PREFERRED : DEPRECATED;
    return *rank != DEPRECATED || KEY_IS(scan, "deprecated");
}

/* Read a statement, or the part of one at a depth; set the QID that it has as its value. */
static int read_statement(Scan *scan, int depth, uint32_t *qid, int *rank)
{
    const char *field = STATEMENT[depth];
    size_t length = strlen(field);
    int more, found = 0, ranks = 0, taken;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        if (is_key(scan, field, length)) {
            if (found++)
                return 0;
            if (depth == DEPTH - 1) {
                taken = read_ascii(scan);
                *qid = taken ? qid_of(scan->key, scan->key_length) : 0;
            } else if (*scan->at == '"' && depth == DEPTH - 2) {
                taken = read_ascii(scan); /* a value that is no entity */
            } else {
                taken = read_statement(scan, depth + 1, qid, rank);
            }
        } else if (depth == 0 && KEY_IS(scan, "rank")) {
            taken = !ranks++ && read_rank(scan, rank);
        } else {
            taken = skip_member(scan);
        }
        if (!taken)
            return 0;
    }
    return more == 0 && (found || depth);
}

/* Read the statements of P31; append the QIDs of the best rank: the preferred ones, else normal. */
static int read_statements(Scan *scan, Columns *columns)
{
    size_t begin = columns->types.used;
    int best = NORMAL;
    if (is_empty_list(scan))
        return 1;
    if (*scan->at++ != '[')
        return 0;
    for (;; scan->at++) {
        uint32_t qid = 0;
        int rank = NORMAL;
        if (!read_statement(scan, 0, &qid, &rank))
            return 0;
        if (rank == PREFERRED && best == NORMAL) {
            best = PREFERRED;
            columns->types.used = begin;
        }
        if (rank == best && qid)
            put(&columns->types, qid);
        if (*scan->at != ',')
            return *scan->at++ == ']';
    }
}

static int read_claims(Scan *scan, Columns *columns)
{
    int more, found = 0;
    if (is_empty_list(scan))
        return 1;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0)
        if (KEY_IS(scan, "P31") ? found++ || !read_statements(scan, columns) : !skip_member(scan))
            return 0;
    return more == 0;
}

/* ---- an entity ---- */

static const char *const FIELDS[] = {"labels", "aliases", "sitelinks", "claims", "id", "type"};
enum { CLAIMS = KINDS, ID, TYPE, NUMBER };

/* `type`: the text of the member, NULL if it is missing, as is that of most items of a Wikibase. */
typedef struct { uint32_t qid; At type; size_t type_length; } Head;

static int read_field(Scan *scan, Columns *columns, int field, Head *head)
{
    if (field < KINDS)
        return read_terms(scan, columns, field);
    if (field == CLAIMS)
        return read_claims(scan, columns);
    if (field == NUMBER)
        return skip_member(scan);
    if (!read_ascii(scan))
        return 0;
    if (field == ID) {
        head->qid = qid_of(scan->key, scan->key_length);
    } else {
        head->type = scan->key;
        head->type_length = scan->key_length;
    }
    return 1;
}

static int read_entity(Scan *scan, Columns *columns, Head *head)
{
    int more, seen = 0;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        int field = 0;
        while (field < NUMBER && !is_key(scan, FIELDS[field], strlen(FIELDS[field])))
            field++;
        if (field < NUMBER && seen & 1 << field)
            return 0;
        seen |= 1 << field;
        int taken = read_field(scan, columns, field, head);
        if (taken != 1)
            return taken;
    }
    return more == 0 && seen & 1 << ID;
}

/* Return whether the item is wanted. */
static int is_wanted(const Columns *columns, uint32_t qid)
{
    Py_ssize_t low = 0, high = columns->number_wanted;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        uint32_t found;
        memcpy(&found, columns->wanted + middle * sizeof found, sizeof found);
        if (found == qid)
            return 1;
        if (found < qid)
            low = middle + 1;
        else
            high = middle;
    }
    return high < 0;
}

/* Make room for the columns of a line; return 0 without memory. */
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
    if (!enough)
        PyErr_NoMemory();
    return enough;
}

static int are_full(const Columns *columns, size_t line)
{
    int full = line > MOST_BYTES;
    for (int i = 0; i < KINDS; i++)
        full |= columns->terms[i].texts.used > MOST_BYTES;
    return full;
}

/* Read the entity of a line of `length` bytes, without its end, into the columns. Returns as the
   parts do. */
static int read_line(Scan *scan, Columns *columns, size_t length)
{
    size_t terms[KINDS], texts[KINDS], types = columns->types.used;
    At stop = scan->at + length;
    Head head = {0, NULL, 0};
    if (are_full(columns, length))
        return 0;
    if (!reserve_for(columns, length))
        return -1;
    for (int i = 0; i < KINDS; i++) {
        terms[i] = columns->terms[i].names.used;
        texts[i] = columns->terms[i].texts.used;
        columns->terms[i].keys.line++;
    }
    int taken = read_entity(scan, columns, &head);
    if (taken == 1 && (scan->at += *scan->at == ',') != stop)
        taken = 0;
    int is_item = head.type == NULL || (head.type_length == 4 && !memcmp(head.type, "item", 4));
    int kept = taken == 1 && is_item && head.qid && is_wanted(columns, head.qid);
    if (kept) {
        put(&columns->qids, head.qid);
        put(&columns->type_counts, (uint32_t)((columns->types.used - types) / sizeof(uint32_t)));
        for (int i = 0; i < KINDS; i++) {
            Terms *of = &columns->terms[i];
            put(&of->counts, (uint32_t)((of->names.used - terms[i]) / sizeof(uint32_t)));
        }
        return 1;
    }
    columns->types.used = types;
    for (int i = 0; i < KINDS; i++) {
        columns->terms[i].names.used = terms[i];
        columns->terms[i].ends.used = terms[i] + sizeof(uint32_t);
        columns->terms[i].texts.used = texts[i];
    }
    if (taken != 1 || (is_item && !head.qid))
        return taken < 0 ? -1 : 0;
    columns->unwanted += is_item;
    if (is_item)
        return 1;
    PyObject *type = PyUnicode_FromStringAndSize((const char *)head.type, head.type_length);
    int failed = type == NULL || PyList_Append(columns->others, type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 1;
}

/* Read lines up to one that is left to Python; return the position behind them, NULL with an
   exception. `lines` becomes their number. */
static At read_lines(At at, At end, Columns *columns, Py_ssize_t *lines)
{
    At newline;
    for (*lines = 0; at < end && (newline = memchr(at, '\n', end - at)) != NULL; ++*lines) {
        Scan scan = {at, end, NULL, 0};
        int taken = read_line(&scan, columns, newline - at);
        if (taken < 0)
            return NULL;
        if (!taken)
            break;
        at = newline + 1;
    }
    return at;
}

/* ---- the module ---- */

static const char CAPSULE[] = "cstool.dumps._item_columns";

static void free_columns(Columns *columns)
{
    for (int i = 0; i < KINDS; i++) {
        Terms *terms = &columns->terms[i];
        Py_XDECREF(terms->keys.list);
        PyMem_Free(terms->counts.data);
        PyMem_Free(terms->names.data);
        PyMem_Free(terms->ends.data);
        PyMem_Free(terms->texts.data);
    }
    PyMem_Free(columns->qids.data);
    PyMem_Free(columns->types.data);
    PyMem_Free(columns->type_counts.data);
    Py_XDECREF(columns->others);
    PyMem_Free(columns);
}

static void free_capsule(PyObject *capsule)
{
    free_columns(PyCapsule_GetPointer(capsule, CAPSULE));
}

static PyObject *new_columns(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *names[KINDS], *capsule = NULL;
    if (!PyArg_ParseTuple(args, "O!O!O!:new_columns", &PyList_Type, &names[LABELS], &PyList_Type,
                          &names[ALIASES], &PyList_Type, &names[SITELINKS]))
        return NULL;
    Columns *columns = PyMem_Calloc(1, sizeof *columns);
    if (columns == NULL)
        return PyErr_NoMemory();
    for (int i = 0; i < KINDS; i++)
        columns->terms[i].keys.list = Py_NewRef(names[i]);
    if ((columns->others = PyList_New(0)) != NULL)
        capsule = PyCapsule_New(columns, CAPSULE, free_capsule);
    if (capsule == NULL)
        free_columns(columns);
    return capsule;
}

PyDoc_STRVAR(read_items_doc,
"read_items(columns, data, begin, end, wanted) -> (position, number)\n\n"
"Read whole lines of data[begin:end] up to one that is left to Python.");

static PyObject *read_items(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *capsule;
    Py_buffer data, wanted;
    Py_ssize_t begin, end, lines = 0;
    At at = NULL;
    if (!PyArg_ParseTuple(args, "Oy*nnz*:read_items", &capsule, &data, &begin, &end, &wanted))
        return NULL;
    Columns *columns = PyCapsule_GetPointer(capsule, CAPSULE);
    int valid = columns != NULL;
    for (int i = 0; valid && i < KINDS; i++)
        valid = take_names(&columns->terms[i].keys);
    if (valid && (begin < 0 || begin > end || end > data.len)) {
        PyErr_SetString(PyExc_ValueError, "begin or end out of range");
    } else if (valid) {
        columns->wanted = wanted.buf;
        columns->number_wanted = wanted.obj ? wanted.len / (Py_ssize_t)sizeof(uint32_t) : -1;
        At bytes = data.buf;
        at = read_lines(bytes + begin, bytes + end, columns, &lines);
        begin = at - bytes;
    }
    PyBuffer_Release(&data);
    if (wanted.obj != NULL)
        PyBuffer_Release(&wanted);
    return at == NULL ? NULL : Py_BuildValue("(nn)", begin, lines);
}

/* Return the content of a buffer as bytes, and empty it. */
static PyObject *taken(Buffer *buffer)
{
    PyObject *bytes = PyBytes_FromStringAndSize(buffer->data, buffer->used);
    PyMem_Free(buffer->data);
    *buffer = (Buffer){NULL, 0, 0};
    return bytes;
}

static PyObject *taken_terms(Terms *terms)
{
    return Py_BuildValue("(NNNN)", taken(&terms->counts), taken(&terms->names), taken(&terms->ends),
                         taken(&terms->texts));
}

static PyObject *take_items(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    Columns *columns = PyCapsule_GetPointer(capsule, CAPSULE);
    if (columns == NULL || !reserve_for(columns, 0))
        return NULL;
    PyObject *others = columns->others;
    Py_ssize_t unwanted = columns->unwanted;
    if ((columns->others = PyList_New(0)) == NULL) {
        columns->others = others;
        return NULL;
    }
    columns->unwanted = 0;
    Terms *terms = columns->terms;
    return Py_BuildValue("(NNNNNNNn)", taken(&columns->qids), taken_terms(&terms[LABELS]),
                         taken_terms(&terms[ALIASES]), taken_terms(&terms[SITELINKS]),
                         taken(&columns->type_counts), taken(&columns->types), others, unwanted);
}

static PyMethodDef functions[] = {
    {"new_columns", new_columns, METH_VARARGS, "Return empty columns; given: lists for the names."},
    {"read_items", read_items, METH_VARARGS, read_items_doc},
    {"take_items", take_items, METH_O, "Return the columns' content, and empty them."},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_item_columns",
    .m_doc = "Read lines of Wikidata's JSON dump into columns of items.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__item_columns(void)
{
    return PyModuleDef_Init(&module);
}
