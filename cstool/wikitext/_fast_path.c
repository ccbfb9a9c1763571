/* Read lines of words and links in one pass. Most lines are such; they decide the speed.

   The result is the same as that of PageReader.read_closely (links, apostrophes, inline markup,
   references, white space), which reads all lines with other markup, and whose modules cite the
   rules. tests/wikitext/test_fast_path.py checks in every language that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_fast_path_text.h"
#include "_fast_path_brackets.h"

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
            Outcome outcome = c == '<' ? read_tag(page, 0) : read_special(page, &styles);
            if (outcome != OK)
                return outcome;
        }
    }
}

/* Append a mention: a tuple (start, end, title), not tracked by the garbage collector. */
static Outcome add_mention(Page *page, Py_ssize_t start, PyObject *title)
{
    PyObject *first = PyLong_FromSsize_t(start), *end = PyLong_FromSsize_t(page->length);
    PyObject *mention = first && end ? PyTuple_Pack(3, first, end, title) : NULL;
    Py_XDECREF(first);
    Py_XDECREF(end);
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

/* Return the end of the target that begins at `start`; -1 if it is not plain. Set whether it is in
   the form of most titles, which Namespaces.read_closely would not change (titles.py: _ODD). */
static Py_ssize_t target_end(const Page *page, Py_ssize_t start, int *ordinary)
{
    unsigned char kinds = 0;
    Py_UCS4 before = ' ';
    for (Py_ssize_t i = start;; i++) {
        Py_UCS4 c = peek(page, i);
        unsigned char kind = kind_of(page, c);
        if (kind & SPECIAL && c != '&') {
            if (c == '|' || c == ']') {
                *ordinary = !(kinds & INVOLVED) && before != ' ' && page->in[start] != '.' &&
                            i - start <= LONGEST_TITLE;
                return i;
            }
            if ((c != '\'' && c != '_') || peek(page, i + 1) == c)
                return -1;
        }
        kinds |= c == ' ' && before == ' ' ? INVOLVED : kind;
        before = c;
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
        outcome = OK;
        if (own != NULL)
            outcome = put_string(page, own, end - target);
        else
            for (Py_ssize_t i = target; i < end; i++)
                put(page, page->in[i]);
    }
    page->at++;
    /* White space at an anchor's ends is displayed, but not part of the mention. */
    if (outcome == OK && (page->length == anchor || Py_UNICODE_ISSPACE(page->out[anchor]) ||
                          Py_UNICODE_ISSPACE(page->out[page->length - 1])))
        return NOT_PLAIN;
    return outcome;
}

/* Append a link's mention; a link to its own page makes none, except to a section of it. */
static Outcome mention(Page *page, PyObject *title, Py_ssize_t start, Py_ssize_t raw,
                       Py_ssize_t end)
{
    int same = PyUnicode_Compare(title, page->title);
    if (same == -1 && PyErr_Occurred())
        return FAULT;
    for (Py_ssize_t i = raw; same == 0 && i < end; i++)
        same = page->in[i] == '#';
    return same ? add_mention(page, start, title) : OK;
}

/* Return the title in NFC with the wiki's first letter. Characters up to U+00FF are in NFC. */
static PyObject *normalised(const Wiki *wiki, PyObject *title)
{
    if (PyUnicode_MAX_CHAR_VALUE(title) > 0xFF) {
        PyObject *normal = PyObject_CallFunction(wiki->normalize, "sO", "NFC", title);
        Py_SETREF(title, as_string(normal));
    }
    if (title == NULL || PyUnicode_GET_LENGTH(title) == 0)
        return title;
    Py_UCS4 first = PyUnicode_READ_CHAR(title, 0);
    if (first < 0x80 && !Py_ISLOWER(first))
        return title;
    PyObject *capital = as_string(kept(wiki->capitals, wiki->make_capital, &first, 1));
    if (capital != NULL && PyUnicode_GET_LENGTH(capital) == 1 &&
        PyUnicode_READ_CHAR(capital, 0) == first) {
        Py_DECREF(capital);
        return title;
    }
    PyObject *rest = PyUnicode_Substring(title, 1, PyUnicode_GET_LENGTH(title));
    Py_SETREF(title, rest && capital ? PyUnicode_Concat(capital, rest) : NULL);
    Py_XDECREF(rest);
    Py_XDECREF(capital);
    return title;
}

/* Read the rest of a link. `own`: its default text, NULL if that is its target as it is written;
   `title`: that of its mention, NULL if it makes none. */
static Outcome read_rest(Page *page, PyObject *title, PyObject *own, Py_ssize_t start,
                         Py_ssize_t raw, Py_ssize_t end)
{
    page->at = end;
    Outcome outcome = read_shown(page, own, raw);
    if (outcome == OK)
        outcome = read_trail(page);
    page->floor = page->at;
    return outcome == OK && title != NULL ? mention(page, title, start, raw, end) : outcome;
}

/* Read the rest of a link whose target has an entry (Wiki). */
static Outcome read_entry(Page *page, PyObject *entry, Py_ssize_t start, Py_ssize_t raw,
                          Py_ssize_t end)
{
    PyObject *mentions, *title, *own;
    if (!PyTuple_Check(entry) || !PyArg_ParseTuple(entry, "OUU", &mentions, &title, &own)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "an entry of a link is no tuple");
        return FAULT;
    }
    return read_rest(page, mentions == Py_True ? title : NULL, own, start, raw, end);
}

static Outcome read_link(Page *page)
{
    const Wiki *wiki = page->wiki;
    int ordinary = 0;
    Py_ssize_t start = prefix_start(page), raw = page->at + 2;
    Py_ssize_t end = target_end(page, raw, &ordinary);
    if (start < 0 || end <= raw)
        return NOT_PLAIN;
    Outcome outcome = NOT_PLAIN;
    if (ordinary) {
        PyObject *title = string(page->in + raw, end - raw);
        if (title == NULL || (title = normalised(wiki, title)) == NULL)
            return FAULT;
        outcome = read_rest(page, title, NULL, start, raw, end);
        Py_DECREF(title);
        return outcome;
    }
    PyObject *entry = kept(wiki->entries, wiki->make_entry, page->in + raw, end - raw);
    if (entry == NULL)
        return FAULT;
    if (entry != Py_None)
        outcome = read_entry(page, entry, start, raw, end);
    Py_DECREF(entry);
    return outcome;
}

/* Check the marks of style: if both numbers are odd, some apostrophes are text. */
static inline Outcome check(const Styles *styles)
{
    return styles->italic % 2 && styles->bold % 2 ? NOT_PLAIN : OK;
}

/* Copy words up to markup, or to the second of two spaces. */
static void read_words(Page *page)
{
    const unsigned char *kinds = page->wiki->kinds;
    const Py_UCS4 *in = page->in + page->at, *end = page->in + page->end;
    Py_UCS4 *out = page->out + page->length;
    Py_UCS4 before = page->length ? out[-1] : ' ';
    for (; in < end; in++, out++) {
        Py_UCS4 c = *in;
        if (c == ' ' ? is_white(before) : kinds[c < CHARACTERS ? c : OTHERS] & SPECIAL)
            break;
        *out = before = c;
    }
    page->at = in - page->in;
    page->length = out - page->out;
}

/* Read up to the line's end, across the line breaks of a paragraph. */
static Outcome read_line(Page *page)
{
    Styles styles = {0, 0};
    Brackets brackets = {0, 0};
    for (;;) {
        read_words(page);
        Py_UCS4 c = peek(page, page->at);
        Outcome outcome = OK;
        if (c == ' ') {
            page->at++;
        } else if (c == '|' || c == '>') {
            page->out[page->length++] = c;
            page->at++;
        } else if (c == '\n') {
            return brackets.external ? NOT_PLAIN : check(&styles);
        } else if (c == CONTINUES) {
            outcome = brackets.external ? NOT_PLAIN : check(&styles);
            styles = (Styles){0, 0};
            put_line_end(page);
            page->floor = ++page->at;
        } else if (c == '[' && peek(page, page->at + 1) == '[') {
            outcome = read_link(page);
        } else if (c == '[' || c == ']') {
            outcome = read_bracket(page, &brackets);
        } else if (c == '<') {
            outcome = read_tag(page, 1);
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

/* Read the next line; return it, or its source if it is not plain, or NULL with an exception. */
static PyObject *next_line(Page *page)
{
    Py_ssize_t start = page->floor = page->at;
    page->length = 0;
    page->stop = -1;
    page->mentions = PyList_New(0);
    page->names = PyList_New(0);
    Outcome outcome = page->mentions && page->names ? read_line(page) : FAULT;
    if (outcome == OK && page->length && Py_UNICODE_ISSPACE(page->out[0]))
        outcome = NOT_PLAIN;
    while (page->length && Py_UNICODE_ISSPACE(page->out[page->length - 1]))
        page->length--;
    if (outcome == OK && page->stop >= 0 && page->length > page->stop)
        outcome = NOT_PLAIN; /* more than one line */
    PyObject *line = outcome == OK ? make_line(page) : NULL;
    Py_XDECREF(page->mentions);
    Py_XDECREF(page->names);
    if (outcome != OK)
        page->at = start; /* it may be beyond the line's end */
    while (peek(page, page->at) != '\n')
        page->at++;
    if (outcome == NOT_PLAIN)
        line = string(page->in + start, page->at - start);
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
"lines(text, title, holes, wiki) -> list[TextLine | str]\n\n"
"Read the lines of a page's text; the source of lines with markup that is not read here.\n"
"`title` is the page's own title, `holes` the names of its holes by number. `wiki` is a tuple:\n"
"kinds, make_entry, entries, make_decoded, decoded, tags, breaks, TextLine, normalize,\n"
"make_capital, capitals.");

static PyObject *lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *text, *title, *holes, *kinds;
    Wiki wiki;
    if (!PyArg_ParseTuple(args, "UUO!(SOO!OO!O!O!O!OOO!):lines", &text, &title, &PyList_Type, &holes,
                          &kinds, &wiki.make_entry, &PyDict_Type, &wiki.entries,
                          &wiki.make_decoded, &PyDict_Type, &wiki.decoded, &PyFrozenSet_Type,
                          &wiki.tags, &PyFrozenSet_Type, &wiki.breaks, &PyType_Type, &wiki.line,
                          &wiki.normalize, &wiki.make_capital, &PyDict_Type, &wiki.capitals))
        return NULL;
    wiki.kinds = (const unsigned char *)PyBytes_AS_STRING(kinds);
    /* The loops over characters end at the line's end, which is special and no trail. */
    if (PyBytes_GET_SIZE(kinds) != KINDS || !(wiki.kinds['\n'] & SPECIAL) ||
        (wiki.kinds['\n'] & (TRAIL | ODD)) == TRAIL || !PyType_IsSubtype(wiki.line, &PyTuple_Type))
        return PyErr_Format(PyExc_ValueError, "wrong kinds, or TextLine is not a tuple");
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
