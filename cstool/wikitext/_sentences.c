/* Cut lines into sentences and write these as columns: a compiled version.

   The rule of each function, and a version in Python for installations without a compiler, are in
   sentence_columns.py; tests/wikitext/test_sentence_columns.py checks that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_sentences_text.h"

/* What parts a row from the one before, and what it is: see sentence_columns.py. */
enum { SPACE = 1, GAP = 4, HEADING = 16 };

/* A sentence, gap or heading: the bounds of its text in its line, and its mentions among the
   line's. */
typedef struct {
    PyObject *text, *mentions;
    Py_ssize_t start, end, first, last, bytes;
    uint32_t position, paragraph;
    uint8_t kind;
} Sentence;

/* The rows found so far, the sentences with holes, and the number of all sentences. */
typedef struct {
    Sentence *sentences;
    Py_ssize_t size, room, mentions, bytes, number;
    PyObject *holed;
    int every, gaps;
} Found;

/* A line: see CutLine. `mention` and `hole`: the indices of the next ones; `begun`: the end of the
   sentence before, -1 if there is none. */
typedef struct {
    Text text;
    PyObject *mentions, *holes, *pieces;
    Py_ssize_t index, mention, hole, begun;
    uint32_t paragraph;
    uint8_t kind;
} Line;

static int refuse(PyObject *error, const char *message)
{
    PyErr_SetString(error, message);
    return -1;
}

static int bounds(PyObject *mentions, Py_ssize_t i, Py_ssize_t *start, Py_ssize_t *end)
{
    PyObject *mention = PyList_GET_ITEM(mentions, i);
    if (!PyTuple_Check(mention) || PyTuple_GET_SIZE(mention) != 3 ||
        !PyLong_Check(PyTuple_GET_ITEM(mention, 0)) || !PyLong_Check(PyTuple_GET_ITEM(mention, 1)))
        return refuse(PyExc_TypeError, "a mention is (start, end, target)");
    *start = PyLong_AsSsize_t(PyTuple_GET_ITEM(mention, 0));
    *end = PyLong_AsSsize_t(PyTuple_GET_ITEM(mention, 1));
    return (*start == -1 || *end == -1) && PyErr_Occurred() ? -1 : 0;
}

static int add_holed(Found *found, const Line *line, Py_ssize_t start, Py_ssize_t end,
                     Py_ssize_t last, Py_ssize_t hole)
{
    PyObject *holed = Py_BuildValue("(nnnnnnnn)", line->index, found->number, start, end,
                                    line->mention, last, hole, line->hole);
    int failed = holed == NULL || PyList_Append(found->holed, holed) < 0;
    Py_XDECREF(holed);
    return failed ? -1 : 0;
}

/* Add a row; its mentions end at `last`. */
static int add_row(Found *found, const Line *line, Py_ssize_t start, Py_ssize_t end,
                   Py_ssize_t last, int kind)
{
    if (found->size == found->room) {
        Py_ssize_t room = found->room ? 2 * found->room : 64;
        Sentence *more = found->sentences;
        if (PyMem_Resize(more, Sentence, room) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        found->sentences = more;
        found->room = room;
    }
    Py_ssize_t bytes = utf8_size(&line->text, start, end);
    if (bytes < 0)
        return -1;
    found->sentences[found->size++] =
        (Sentence){line->text.string, line->mentions, start, end, line->mention, last, bytes,
                   (uint32_t)found->number, line->paragraph, (uint8_t)kind};
    found->mentions += last - line->mention;
    found->bytes += bytes;
    return found->bytes > INT32_MAX || found->number >= INT32_MAX
               ? refuse(PyExc_OverflowError, "a page of more than 2 GB") : 0;
}

/* Add what is between two offsets of a line, unless it is empty; its mentions end at `last`. */
static int end_sentence(Found *found, Line *line, Py_ssize_t start, Py_ssize_t end, Py_ssize_t last)
{
    Py_ssize_t hole = line->hole;
    int failed = 0;
    if (PyList_GET_SIZE(line->holes))
        for (Py_ssize_t i = start; i < end; i++)
            line->hole += at(&line->text, i) == 0xFFFC;
    while (start < end && Py_UNICODE_ISSPACE(at(&line->text, start)))
        start++;
    while (start < end && Py_UNICODE_ISSPACE(at(&line->text, end - 1)))
        end--;
    if (start < end) {
        int kind = line->begun < 0 ? line->kind : start > line->begun ? SPACE : 0;
        line->begun = end;
        if (line->hole == hole && (found->every || line->mention < last))
            failed = add_row(found, line, start, end, last, kind);
        else if (found->every || line->mention < last)
            failed = add_holed(found, line, start, end, last, hole) < 0 ||
                     (found->gaps &&
                      add_row(found, line, start, start, line->mention, kind | GAP) < 0) ? -1 : 0;
        found->number++;
    }
    line->mention = last;
    return failed;
}

static int cut_line(Found *found, Line *line)
{
    Py_ssize_t start = 0, place = 0, last = 0, number = PyList_GET_SIZE(line->mentions);
    if (line->kind >= HEADING) {
        int whole = PyList_GET_SIZE(line->holes) == 0;
        return add_row(found, line, 0, whole ? line->text.length : 0, 0,
                       line->kind | (whole ? 0 : GAP));
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(line->pieces); i++) {
        Py_ssize_t length = PyUnicode_GetLength(PyList_GET_ITEM(line->pieces, i));
        Py_ssize_t from = 0, to = 0;
        int failed = 0;
        if (length < 0)
            return -1;
        place += length;
        if (place > line->text.length)
            return refuse(PyExc_ValueError, "the pieces are longer than the line");
        while (last < number && !(failed = bounds(line->mentions, last, &from, &to)) && to <= place)
            last++;
        if (failed)
            return -1;
        if (last < number && from < place)
            continue; /* inside a mention */
        if (end_sentence(found, line, start, place, last) < 0)
            return -1;
        start = place;
    }
    return 0;
}

static int read_line(PyObject *tuple, Line *line)
{
    static const char *const wanted = "a line is (paragraph, text, mentions, holes, pieces, kind)";
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) != 6)
        return refuse(PyExc_TypeError, wanted);
    PyObject **items = ((PyTupleObject *)tuple)->ob_item;
    if (!PyLong_Check(items[0]) || !PyUnicode_Check(items[1]) || !PyList_CheckExact(items[2]) ||
        !PyList_CheckExact(items[3]) || !PyList_CheckExact(items[4]) || !PyLong_Check(items[5]))
        return refuse(PyExc_TypeError, wanted);
    long long paragraph = PyLong_AsLongLong(items[0]);
    long kind = PyLong_AsLong(items[5]);
    if ((paragraph == -1 || kind == -1) && PyErr_Occurred())
        return -1;
    if (paragraph < 0 || paragraph > UINT32_MAX || kind < 0 || kind > UINT8_MAX)
        return refuse(PyExc_OverflowError,
                      "the index of a paragraph is not 32 bits, or a kind not 8");
    *line = (Line){text_of(items[1]), items[2], items[3], items[4], 0, 0, 0, -1,
                   (uint32_t)paragraph, (uint8_t)kind};
    return 0;
}

/* ---- columns ---- */

/* The order of the columns: see SentenceColumns. */
enum { TEXTS, SIZES, MENTIONS, POSITIONS, PARAGRAPHS, STARTS, ENDS, TARGETS, TARGET_SIZES, KINDS,
       COLUMNS };

static int write_mention(PyObject *tuple, Py_ssize_t begin, uint32_t *start, uint32_t *end,
                         int32_t *bytes, Py_ssize_t *total)
{
    Py_ssize_t size, from = PyLong_AsSsize_t(PyTuple_GET_ITEM(tuple, 0)) - begin;
    Py_ssize_t to = PyLong_AsSsize_t(PyTuple_GET_ITEM(tuple, 1)) - begin;
    if (from < 0 || to < 0 || from > INT32_MAX || to > INT32_MAX)
        return refuse(PyExc_OverflowError, "a mention is outside its sentence");
    if (PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(tuple, 2), &size) == NULL)
        return -1;
    *total += size;
    if (*total > INT32_MAX)
        return refuse(PyExc_OverflowError, "targets of more than 2 GB");
    *start = (uint32_t)from;
    *end = (uint32_t)to;
    *bytes = (int32_t)size;
    return 0;
}

/* Write the bounds of the mentions and the sizes of the targets; return the bytes of all targets. */
static Py_ssize_t write_mentions(const Found *found, PyObject *const *columns)
{
    uint32_t *starts = (uint32_t *)PyBytes_AS_STRING(columns[STARTS]);
    uint32_t *ends = (uint32_t *)PyBytes_AS_STRING(columns[ENDS]);
    int32_t *sizes = (int32_t *)PyBytes_AS_STRING(columns[TARGET_SIZES]);
    Py_ssize_t total = 0;
    for (const Sentence *s = found->sentences; s < found->sentences + found->size; s++)
        for (Py_ssize_t i = s->first; i < s->last; i++)
            if (write_mention(PyList_GET_ITEM(s->mentions, i), s->start, starts++, ends++, sizes++,
                              &total) < 0)
                return -1;
    return total;
}

static int write_targets(const Found *found, PyObject *column)
{
    char *out = PyBytes_AS_STRING(column), *end = out + PyBytes_GET_SIZE(column);
    for (const Sentence *s = found->sentences; s < found->sentences + found->size; s++)
        for (Py_ssize_t i = s->first; i < s->last; i++) {
            Py_ssize_t size;
            PyObject *target = PyTuple_GET_ITEM(PyList_GET_ITEM(s->mentions, i), 2);
            const char *text = PyUnicode_AsUTF8AndSize(target, &size);
            if (text == NULL || size > end - out)
                return text == NULL ? -1 : refuse(PyExc_RuntimeError, "a target has changed");
            memcpy(out, text, size);
            out += size;
        }
    return 0;
}

static void write_sentences(const Found *found, PyObject *const *columns)
{
    char *out = PyBytes_AS_STRING(columns[TEXTS]);
    int32_t *sizes = (int32_t *)PyBytes_AS_STRING(columns[SIZES]);
    uint32_t *mentions = (uint32_t *)PyBytes_AS_STRING(columns[MENTIONS]);
    uint32_t *positions = (uint32_t *)PyBytes_AS_STRING(columns[POSITIONS]);
    uint32_t *paragraphs = (uint32_t *)PyBytes_AS_STRING(columns[PARAGRAPHS]);
    uint8_t *kinds = (uint8_t *)PyBytes_AS_STRING(columns[KINDS]);
    for (const Sentence *s = found->sentences; s < found->sentences + found->size; s++) {
        Text text = text_of(s->text);
        write_utf8(&text, s->start, s->end, out);
        out += s->bytes;
        *sizes++ = (int32_t)s->bytes;
        *mentions++ = (uint32_t)(s->last - s->first);
        *positions++ = s->position;
        *paragraphs++ = s->paragraph;
        *kinds++ = s->kind;
    }
}

/* Fill the columns, all NULL; return -1 with an exception, and some of them set. */
static int fill(const Found *found, PyObject **columns)
{
    const Py_ssize_t sizes[COLUMNS] = {
        [TEXTS] = found->bytes, [SIZES] = 4 * found->size, [MENTIONS] = 4 * found->size,
        [POSITIONS] = 4 * found->size, [PARAGRAPHS] = 4 * found->size,
        [STARTS] = 4 * found->mentions, [ENDS] = 4 * found->mentions,
        [TARGET_SIZES] = 4 * found->mentions, [KINDS] = found->size,
    };
    for (int i = 0; i < COLUMNS; i++)
        if (i != TARGETS && (columns[i] = PyBytes_FromStringAndSize(NULL, sizes[i])) == NULL)
            return -1;
    Py_ssize_t bytes = write_mentions(found, columns);
    columns[TARGETS] = bytes < 0 ? NULL : PyBytes_FromStringAndSize(NULL, bytes);
    if (columns[TARGETS] == NULL)
        return -1;
    write_sentences(found, columns);
    return write_targets(found, columns[TARGETS]);
}

PyDoc_STRVAR(collect_doc,
"collect(lines, every, gaps) -> Collected\n\n"
"Cut lines and return their sentences as columns: the fields of PageSentences but the last.");

static int cut_lines(PyObject *lines, Found *found, uint32_t *before, Py_ssize_t number)
{
    for (Py_ssize_t i = 0; i < number; i++) {
        Line line;
        before[i] = (uint32_t)found->number;
        if (read_line(PyList_GET_ITEM(lines, i), &line) < 0)
            return -1;
        line.index = i;
        if (cut_line(found, &line) < 0)
            return -1;
    }
    return 0;
}

static PyObject *collect(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *lines, *made = NULL, *columns[COLUMNS] = {NULL};
    Found found = {0};
    if (!PyArg_ParseTuple(args, "O!pp:collect", &PyList_Type, &lines, &found.every, &found.gaps))
        return NULL;
    Py_ssize_t number = PyList_GET_SIZE(lines);
    PyObject *before = PyBytes_FromStringAndSize(NULL, 4 * number);
    found.holed = PyList_New(0);
    if (before != NULL && found.holed != NULL &&
        cut_lines(lines, &found, (uint32_t *)PyBytes_AS_STRING(before), number) == 0 &&
        fill(&found, columns) == 0)
        made = Py_BuildValue("((OOOOOOOOOO)OnO)", columns[TEXTS], columns[SIZES], columns[MENTIONS],
                             columns[POSITIONS], columns[PARAGRAPHS], columns[STARTS],
                             columns[ENDS], columns[TARGETS], columns[TARGET_SIZES],
                             columns[KINDS], found.holed, found.number, before);
    for (int i = 0; i < COLUMNS; i++)
        Py_XDECREF(columns[i]);
    Py_XDECREF(before);
    Py_XDECREF(found.holed);
    PyMem_Free(found.sentences);
    return made;
}

static PyMethodDef functions[] = {
    {"collect", collect, METH_VARARGS, collect_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sentences",
    .m_doc = "Cut lines into sentences and write these as columns.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__sentences(void)
{
    return PyModuleDef_Init(&module);
}
