/* Read lines of words and links in one pass. Most lines are such; they decide the speed.

   The result is the same as that of PageReader.read_closely (links, apostrophes, inline markup,
   references, white space), which reads all lines with other markup, and whose modules cite the
   rules. tests/wikitext/test_fast_path.py checks in every language that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_fast_path_text.h"

/* Read an anchor up to its brackets; its marks of style must be paired within the anchor. */
static Outcome read_anchor(Page *page)
{
    Styles styles = {0, 0};
    for (;;) {
        Py_UCS4 c = peek(page, page->at);
        if (!(kind_of(page, c) & SPECIAL)) {
            put(page, c);
            page->at++;
        } else if (c == ']' && peek(page, page->at + 1) == ']') {
            return styles.italic % 2 || styles.bold % 2 ? NOT_PLAIN : OK;
        } else {
            Outcome outcome = read_special(page, &styles);
            if (outcome != OK)
                return outcome;
        }
    }
}

/* Append a mention: a tuple (start, end, title), not tracked by the garbage collector. */
static Outcome add_mention(Page *page, Py_ssize_t start, PyObject *title)
{
    PyObject *mention = Py_BuildValue("(nnO)", start, page->length, title);
    if (mention == NULL)
        return FAULT;
    PyObject_GC_UnTrack(mention);
    int failed = PyList_Append(page->mentions, mention);
    Py_DECREF(mention);
    return failed ? FAULT : OK;
}

/* Return the start of a link's prefix, which is part of its anchor; -1 if it is not plain. */
static Py_ssize_t prefix_start(const Page *page)
{
    Py_ssize_t i = page->at;
    while (i > page->floor && kind_of(page, page->in[i - 1]) & PREFIX) {
        i--;
        if (Py_UNICODE_ISSPACE(page->in[i]))
            return -1;
    }
    return page->length - (page->at - i);
}

/* Return the end of the target that begins at `i`; -1 if it is not plain. */
static Py_ssize_t target_end(const Page *page, Py_ssize_t i)
{
    for (;; i++) {
        Py_UCS4 c = peek(page, i);
        if (!(kind_of(page, c) & SPECIAL) || c == '&')
            continue;
        if (c == '|' || c == ']')
            return i;
        if ((c != '\'' && c != '_') || peek(page, i + 1) == c)
            return -1;
    }
}

/* Read a link's trail, which is part of its anchor. */
static Outcome read_trail(Page *page)
{
    Py_UCS4 c;
    while (c = peek(page, page->at), (kind_of(page, c) & (TRAIL | ODD)) == TRAIL) {
        put(page, c);
        page->at++;
    }
    return c == ']' || kind_of(page, c) & ODD ? NOT_PLAIN : OK;
}

/* Read a link's text: its anchor, or the default text of its target. */
static Outcome read_shown(Page *page, PyObject *own, Py_ssize_t target)
{
    Py_ssize_t anchor = page->length, end = page->at;
    Outcome outcome = NOT_PLAIN;
    page->at++;
    if (page->in[end] == '|') {
        outcome = read_anchor(page);
        page->at++;
    } else if (peek(page, end + 1) == ']') {
        outcome = put_string(page, own, end - target);
    }
    page->at++;
    /* White space at an anchor's ends is displayed, but not part of the mention. */
    if (outcome == OK && (page->length == anchor || Py_UNICODE_ISSPACE(page->out[anchor]) ||
                          Py_UNICODE_ISSPACE(page->out[page->length - 1])))
        return NOT_PLAIN;
    return outcome;
}

/* Append a link's mention; a link to its own page makes none, except to a section of it. */
static Outcome mention(Page *page, PyObject *entry, Py_ssize_t start, Py_ssize_t raw,
                       Py_ssize_t end)
{
    if (PyTuple_GET_ITEM(entry, 0) == Py_False)
        return OK;
    PyObject *title = PyTuple_GET_ITEM(entry, 1);
    int same = PyUnicode_Compare(title, page->title);
    if (same == -1 && PyErr_Occurred())
        return FAULT;
    for (Py_ssize_t i = raw; same == 0 && i < end; i++)
        same = page->in[i] == '#';
    return same ? add_mention(page, start, title) : OK;
}

static Outcome read_link(Page *page)
{
    const Wiki *wiki = page->wiki;
    Py_ssize_t start = prefix_start(page), raw = page->at + 2;
    Py_ssize_t end = target_end(page, raw);
    if (start < 0 || end <= raw)
        return NOT_PLAIN;
    PyObject *entry = kept(wiki->entries, wiki->make_entry, page->in + raw, end - raw);
    if (entry == NULL)
        return FAULT;
    Outcome outcome = NOT_PLAIN;
    if (entry != Py_None) {
        page->at = end;
        outcome = read_shown(page, PyTuple_GET_ITEM(entry, 2), raw);
    }
    if (outcome == OK)
        outcome = read_trail(page);
    page->floor = page->at;
    if (outcome == OK)
        outcome = mention(page, entry, start, raw, end);
    Py_DECREF(entry);
    return outcome;
}

/* Check the marks of style: if both numbers are odd, some apostrophes are text. */
static inline Outcome check(const Styles *styles)
{
    return styles->italic % 2 && styles->bold % 2 ? NOT_PLAIN : OK;
}

/* Read up to the line's end, across the line breaks of a paragraph. */
static Outcome read_line(Page *page)
{
    Styles styles = {0, 0};
    for (;;) {
        Py_UCS4 c = peek(page, page->at);
        Outcome outcome = OK;
        if (c == ' ') {
            put(page, c);
            page->at++;
        } else if (!(kind_of(page, c) & SPECIAL) || c == '|' || c == '>') {
            page->out[page->length++] = c;
            page->at++;
        } else if (c == '\n') {
            return check(&styles);
        } else if (c == CONTINUES) {
            outcome = check(&styles);
            styles = (Styles){0, 0};
            put_line_end(page);
            page->floor = ++page->at;
        } else if (c == '[') {
            outcome = peek(page, page->at + 1) == '[' ? read_link(page) : NOT_PLAIN;
        } else if (c == '<') {
            outcome = read_tag(page);
        } else if (c == NOTHING) {
            page->floor = ++page->at;
        } else {
            outcome = read_special(page, &styles);
        }
        if (outcome != OK)
            return outcome;
    }
}

/* Return the line that was read: a new reference. */
static PyObject *make_line(Page *page)
{
    PyTypeObject *type = page->wiki->line;
    PyObject *text = string(page->out, page->length);
    PyObject *line = text == NULL ? NULL : type->tp_alloc(type, 3);
#if PY_VERSION_HEX >= 0x030E0000
    if (line != NULL)
        ((PyTupleObject *)line)->ob_hash = -1; /* not computed yet */
#endif
    if (line == NULL) {
        Py_XDECREF(text);
        return NULL;
    }
    PyTuple_SET_ITEM(line, 0, text);
    PyTuple_SET_ITEM(line, 1, Py_NewRef(page->mentions));
    PyTuple_SET_ITEM(line, 2, Py_NewRef(page->names));
    return line;
}

/* Read the next line; return it, or None if it is not plain, or NULL with an exception. */
static PyObject *next_line(Page *page)
{
    Py_ssize_t start = page->floor = page->at;
    page->length = 0;
    page->mentions = PyList_New(0);
    page->names = PyList_New(0);
    Outcome outcome = page->mentions && page->names ? read_line(page) : FAULT;
    if (outcome == OK && page->length && Py_UNICODE_ISSPACE(page->out[0]))
        outcome = NOT_PLAIN;
    while (page->length && Py_UNICODE_ISSPACE(page->out[page->length - 1]))
        page->length--;
    PyObject *line = outcome == OK ? make_line(page) : outcome == FAULT ? NULL : Py_NewRef(Py_None);
    Py_XDECREF(page->mentions);
    Py_XDECREF(page->names);
    if (outcome != OK)
        page->at = start;
    while (peek(page, page->at) != '\n')
        page->at++;
    page->at++;
    return line;
}

static PyObject *read_lines(Page *page)
{
    PyObject *lines = PyList_New(0);
    while (lines != NULL && page->at <= page->end) {
        PyObject *line = next_line(page);
        if (line == NULL || PyList_Append(lines, line) < 0)
            Py_CLEAR(lines);
        Py_XDECREF(line);
    }
    return lines;
}

PyDoc_STRVAR(lines_doc,
"lines(text, title, holes, wiki) -> list[TextLine | None]\n\n"
"Read the lines of a page's text; None for lines with markup other than links.\n"
"`title` is the page's own title, `holes` the names of its holes by number. `wiki` is a tuple:\n"
"kinds, make_entry, entries, make_decoded, decoded, tags, TextLine.");

static PyObject *lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *text, *title, *holes, *kinds;
    Wiki wiki;
    if (!PyArg_ParseTuple(args, "UUO!(SOO!OO!O!O!):lines", &text, &title, &PyList_Type, &holes,
                          &kinds, &wiki.make_entry, &PyDict_Type, &wiki.entries,
                          &wiki.make_decoded, &PyDict_Type, &wiki.decoded, &PyFrozenSet_Type,
                          &wiki.tags, &PyType_Type, &wiki.line))
        return NULL;
    if (PyBytes_GET_SIZE(kinds) != KINDS || !PyType_IsSubtype(wiki.line, &PyTuple_Type))
        return PyErr_Format(PyExc_ValueError, "wrong length of kinds, or TextLine is not a tuple");
    wiki.kinds = (const unsigned char *)PyBytes_AS_STRING(kinds);
    Page page = {.wiki = &wiki, .end = PyUnicode_GET_LENGTH(text), .title = title, .holes = holes};
    /* A hole is shorter than its mark, an anchor than its link: `out` is never longer than `in`. */
    Py_UCS4 *in = PyUnicode_AsUCS4Copy(text);
    page.in = in;
    page.out = in == NULL ? NULL : PyMem_New(Py_UCS4, page.end + 1);
    PyObject *read = page.out != NULL ? read_lines(&page) : in == NULL ? NULL : PyErr_NoMemory();
    PyMem_Free(in);
    PyMem_Free(page.out);
    return read;
}

static PyMethodDef functions[] = {
    {"lines", lines, METH_VARARGS, lines_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_fast_path",
    .m_doc = "Read lines of words and links in one pass.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__fast_path(void)
{
    return PyModuleDef_Init(&module);
}
