/* Find markup in a page's text: compiled versions of searches by pattern.

   The rule of each function, and a version in Python for installations without a compiler, are in
   scan.py; tests/wikitext/test_scan.py checks that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_scan_braces.h"
#include "_scan_lines.h"

static inline int is_space(Py_UCS4 c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Return whether the text has `word`, given in lower case, at `i`, in any case. */
static int matches_at(const Text *text, Py_ssize_t i, const char *word)
{
    for (; *word; word++, i++) {
        Py_UCS4 c = at(text, i);
        if (c != (Py_UCS4)*word && (c >= 0x80 || Py_TOLOWER(c) != *word))
            return 0;
    }
    return 1;
}

/* Return the end of the first closing tag of a footnote after `i`, -1 if there is none. */
static Py_ssize_t footnote_end(const Text *text, Py_ssize_t i)
{
    for (i = next(text, '<', i); i < text->length; i = next(text, '<', i + 1)) {
        Py_ssize_t end = i + 5;
        if (!matches_at(text, i, "</ref"))
            continue;
        while (end < text->length && is_space(at(text, end)))
            end++;
        if (end < text->length && at(text, end) == '>')
            return end + 1;
    }
    return -1;
}

static Py_ssize_t comment_end(const Text *text, Py_ssize_t i)
{
    for (i = next(text, '-', i + 4); i < text->length; i = next(text, '-', i + 1))
        if (at(text, i + 1) == '-' && i + 2 < text->length && at(text, i + 2) == '>')
            return i + 3;
    return text->length;
}

static Py_ssize_t without_blanks(const Text *text, Py_ssize_t i)
{
    while (i < text->length && (at(text, i) == ' ' || at(text, i) == '\t'))
        i++;
    return i;
}

/* Set where to cut for the comment that begins at `*start`: with its line, if there are only
   comments on it. */
static void cut_of_comment(const Text *text, Py_ssize_t *start, Py_ssize_t *end)
{
    Py_ssize_t before = *start;
    *end = comment_end(text, *start);
    while (before && (at(text, before - 1) == ' ' || at(text, before - 1) == '\t'))
        before--;
    if (before && at(text, before - 1) != '\n')
        return;
    Py_ssize_t after = without_blanks(text, *end);
    while (matches_at(text, after, "<!--"))
        after = without_blanks(text, comment_end(text, after));
    if (after < text->length && at(text, after) == '\n') {
        *start = before;
        *end = after + 1;
    }
}

/* Return whether `text[start:end]` must be replaced by a mark: see `nothing` in markers.py.
   `head`: the end of comments at the start of a line, which then begins there. */
static int needs_mark(const Text *text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t head)
{
    Py_UCS4 before = start == head ? '\n' : at(text, start - 1), after = at(text, end);
    if (before == NOTHING)
        return 0;
    if (before == '\n')
        return 1;
    if (end == text->length)
        return 1;
    return !(after == ' ' || after == '\n' || after == CONTINUES || after == '.' || after == ',' ||
             after == ';' || after == ')' ||
             (after == '<' && at(text, end + 1) == 'r' && at(text, end + 2) == 'e' &&
              at(text, end + 3) == 'f'));
}

/* Return whether an extension's tag begins at `i`: 1 or 0; -1 with an exception. */
static int is_tag(const Text *text, Py_ssize_t i, PyObject *names)
{
    char name[LONGEST_NAME];
    Py_ssize_t length = 0;
    Py_UCS4 c;
    while (c = at(text, ++i), c < 0x80 && (Py_ISALPHA(c) || c == '-') && length < LONGEST_NAME)
        name[length++] = (char)Py_TOLOWER(c);
    if (i >= text->length || !length || !(is_space(c) || c == '/' || c == '>'))
        return 0;
    PyObject *key = PyUnicode_FromStringAndSize(name, length);
    int known = key == NULL ? -1 : PySet_Contains(names, key);
    Py_XDECREF(key);
    return known;
}

/* Return the end of the footnote that begins at `i`, -1 if there is none, or it is not closed. */
static Py_ssize_t footnote(const Text *text, Py_ssize_t i, int closed)
{
    Py_UCS4 c = at(text, i + 4);
    if (!matches_at(text, i, "<ref") || i + 4 >= text->length || !(is_space(c) || c == '/' || c == '>'))
        return -1;
    Py_ssize_t end = next(text, '>', i + 4);
    if (end == text->length)
        return -1;
    if (at(text, end - 1) == '/')
        return end + 1;
    return closed ? footnote_end(text, end + 1) : -1;
}

PyDoc_STRVAR(pass_notes_doc,
"pass_notes(text, start, end, closed, names, out) -> int\n\n"
"Append the text from `start` to `out`, without comments and footnotes, up to the next tag\n"
"with one of the names that begins before `end`. Return its offset; -1 if there is none, and\n"
"`out` has the rest.");

static PyObject *pass_notes(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *string, *names, *out;
    Py_ssize_t from, end, head = -1;
    int closed;
    if (!PyArg_ParseTuple(args, "UnnpO!O!:pass_notes", &string, &from, &end, &closed,
                          &PyFrozenSet_Type, &names, &PyList_Type, &out))
        return NULL;
    Text text = text_of(string);
    Py_ssize_t i = next(&text, '<', from);
    for (; i < text.length; i = next(&text, '<', i)) {
        Py_ssize_t start = i, stop;
        if (matches_at(&text, i, "<!--")) {
            cut_of_comment(&text, &start, &stop);
            start = start < from ? from : start;
            if (start == head || at(&text, start - 1) == '\n')
                head = stop;
        } else {
            stop = footnote(&text, i, closed);
        }
        if (stop < 0) {
            int tag = i < end ? is_tag(&text, i, names) : 0;
            if (tag < 0)
                return NULL;
            if (tag)
                break;
            i++;
            continue;
        }
        if (append(out, PyUnicode_Substring(string, from, start)) < 0)
            return NULL;
        if (start == i && at(&text, i + 1) != '!' && needs_mark(&text, start, stop, head) &&
            append(out, PyUnicode_FromOrdinal(NOTHING)) < 0)
            return NULL;
        from = i = stop;
    }
    int found = i < text.length;
    if (append(out, PyUnicode_Substring(string, from, found ? i : text.length)) < 0)
        return NULL;
    return PyLong_FromSsize_t(found ? i : -1);
}

static PyMethodDef functions[] = {
    {"calls", calls, METH_O, calls_doc},
    {"prefixed", prefixed, METH_O, prefixed_doc},
    {"pass_notes", pass_notes, METH_VARARGS, pass_notes_doc},
    {"pass_lines", pass_lines, METH_VARARGS, pass_lines_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_scan",
    .m_doc = "Find markup in a page's text.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__scan(void)
{
    return PyModuleDef_Init(&module);
}
