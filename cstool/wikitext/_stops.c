/* Find the stops in a text that the rules on boundaries must judge: compiled versions.

   The rule of each function, and a version in Python for installations without a compiler, are in
   doubtful_stops.py; tests/wikitext/test_doubtful_stops.py checks that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_stops_labels.h"
#include "_stops_text.h"

#define SHORTEST 2
#define SHORT 5

/* A language's words, as far as they matter for full stops: see doubtful_stops.py. */
typedef struct {
    PyObject *words, *starters, *vowels;
    Py_ssize_t longest, digits;
    int roman;
} Words;

/* ---- full stops ---- */

static int has_vowel(const Text *text, Py_ssize_t begin, Py_ssize_t end, PyObject *vowels)
{
    for (Py_ssize_t i = begin; i < end; i++) {
        Py_UCS4 c = at(text, i);
        if (c < 0x80 ? is_in(c | 0x20, (const Py_UCS4[]){'a', 'e', 'i', 'o', 'u', 'y', 0})
                     : c < 0x2000 && PyUnicode_FindChar(vowels, c, 0, PyUnicode_GET_LENGTH(vowels),
                                                        1) >= 0)
            return 1;
    }
    return 0;
}

/* Return whether `text[begin:end]`, in lower case, is one of the words; -1 with an exception. */
static int is_word(const Text *text, Py_ssize_t begin, Py_ssize_t end, PyObject *words)
{
    PyObject *word = PyUnicode_Substring(text->string, begin, end);
    int found = -1;
    if (word != NULL && !Py_UNICODE_ISLOWER(at(text, begin)))
        Py_SETREF(word, PyObject_CallMethod(word, "lower", NULL));
    if (word != NULL)
        found = PySet_Contains(words, word);
    Py_XDECREF(word);
    return found;
}

static int is_roman(const Text *text, Py_ssize_t begin, Py_ssize_t end)
{
    static const Py_UCS4 letters[] = {'I', 'V', 'X', 'L', 'C', 'D', 'M', 0};
    while (begin < end && is_in(at(text, begin), letters))
        begin++;
    return begin == end;
}

/* Return whether three digits or more, and nothing before them, end at `end`. */
static int is_year(const Text *text, Py_ssize_t end)
{
    Py_ssize_t begin = end;
    while (Py_UNICODE_ISDIGIT(at(text, begin - 1)))
        begin--;
    return end - begin >= 3 &&
           (begin == 0 || at(text, begin - 1) == ' ' || is_in(at(text, begin - 1), OPENING));
}

/* Return whether what ends at `end` is surely no abbreviation and no ordinal; -1 with an
   exception. */
static int is_plain(const Text *text, Py_ssize_t end, const Words *words)
{
    Py_ssize_t begin = end;
    Py_UCS4 last = at(text, end - 1), before;
    if (!words->longest || end == 0 || last == ' ')
        return 0;
    if (!Py_UNICODE_ISALNUM(last))
        return last != '.' && !is_in(last, OPENING + 2);
    if (Py_UNICODE_ISDIGIT(last)) {
        while (begin > 0 && Py_UNICODE_ISDIGIT(at(text, begin - 1)))
            begin--;
        return end - begin > words->digits;
    }
    while (begin > 0 && Py_UNICODE_ISALPHA(at(text, begin - 1)))
        begin--;
    before = begin > 0 ? at(text, begin - 1) : ' ';
    if (Py_UNICODE_ISDIGIT(before))
        return is_year(text, begin);
    if (end - begin < SHORTEST || (before == ' ' && begin > 1 && at(text, begin - 2) == '.'))
        return 0;
    if (before == '-')
        return end - begin >= SHORT;
    if (before != ' ' && !is_in(before, OPENING) && before != 0x2019)
        return 0;
    if (Py_UNICODE_ISUPPER(last) && words->roman && is_roman(text, begin, end))
        return 0;
    if (end - begin < SHORT && Py_UNICODE_ISLOWER(last) &&
        !has_vowel(text, begin, end, words->vowels))
        return 0;
    if (end - begin > words->longest)
        return 1;
    int known = is_word(text, begin, end, words->words);
    return known < 0 ? -1 : !known;
}

/* Return whether a digit or a bracket precedes the letter that ends at `end`. */
static int may_be_unit(const Text *text, Py_ssize_t end)
{
    Py_ssize_t i = end - 2;
    while (Py_UNICODE_ISSPACE(at(text, i)))
        i--;
    return at(text, i) == '(' || Py_UNICODE_ISDIGIT(at(text, i));
}

/* Return whether an initial ends at `end`, and no word follows that begins sentences; -1 with an
   exception. */
static int is_initial(const Text *text, Py_ssize_t end, Py_ssize_t next, const Words *words)
{
    Py_ssize_t begin = next;
    if (!PySet_GET_SIZE(words->starters) || !words->longest || !Py_UNICODE_ISUPPER(at(text, end - 1)))
        return 0;
    if (end > 1 && at(text, end - 2) != ' ' && at(text, end - 2) != '(')
        return 0;
    while (Py_UNICODE_ISALPHA(at(text, next)))
        next++;
    if (at(text, next) == '\'' || at(text, next) == 0x2019)
        return 0;
    int starts = is_word(text, begin, next, words->starters);
    if (starts || !may_be_unit(text, end))
        return starts < 0 ? -1 : !starts;
    int known = is_word(text, end - 1, end, words->words);
    return known < 0 ? -1 : !known;
}

typedef struct { Py_ssize_t start, stops, closing, end; } Stop;

/* Find the first stop with white space behind it at or after `i`; return whether there is one. */
static int find_stop(const Text *text, Py_ssize_t i, Stop *stop)
{
    for (i = first_stop(text, i); i < text->length; i = first_stop(text, i + 1)) {
        stop->start = i;
        while (i < text->length && is_stop(at(text, i)))
            i++;
        stop->stops = i;
        while (is_in(at(text, i), CLOSING))
            i++;
        Py_UCS4 mark = at(text, i + 1);
        if (at(text, i) == ' ' && (mark == 0xBB || mark == 0x203A) &&
            Py_UNICODE_ISSPACE(at(text, i + 2))) {
            Py_ssize_t end = i + 2;
            while (Py_UNICODE_ISSPACE(at(text, end)))
                end++;
            if (end < text->length)
                i += 2;
        }
        stop->closing = i;
        while (i < text->length && Py_UNICODE_ISSPACE(at(text, i)))
            i++;
        stop->end = i;
        if (i > stop->closing && i < text->length)
            return 1;
        i = stop->closing > stop->stops ? stop->stops - 1 : stop->closing - 1;
    }
    return 0;
}

/* Return whether the word that begins at `i` has a capital letter in it. */
static int has_capital(const Text *text, Py_ssize_t i)
{
    while (Py_UNICODE_ISALPHA(at(text, i)))
        if (Py_UNICODE_ISUPPER(at(text, i++)))
            return 1;
    return 0;
}

/* Return whether the rules must judge a stop; -1 with an exception. */
static int is_doubtful(const Text *text, const Stop *stop, int known, const Words *words)
{
    Py_UCS4 after = at(text, stop->end);
    int single = stop->stops == stop->start + 1 && at(text, stop->start) == '.';
    if (after == 0xFFFC)
        return 0;
    int quoted = known && single && stop->closing == stop->stops && is_in(after, OPENING) &&
                 !is_in(after, BRACKETS) && Py_UNICODE_ISUPPER(at(text, stop->end + 1));
    if (!quoted && !Py_UNICODE_ISALPHA(after))
        return 1;
    if (Py_UNICODE_ISLOWER(after) && !(after >= 0x10D0 && after <= 0x10FF))
        return known || has_capital(text, stop->end);
    if (!known && single && stop->closing == stop->stops) {
        int initial = is_initial(text, stop->start, stop->end, words);
        return initial < 0 ? -1 : !initial;
    }
    if (!known)
        return single || Py_UNICODE_ISUPPER(after) || stop->closing > stop->stops ||
               is_in(at(text, stop->start), WHOLE_STOPS);
    for (Py_ssize_t i = stop->start; i < stop->stops; i++)
        if (at(text, i) == '!')
            return 1;
    if (!single || stop->closing > stop->stops)
        return 0;
    int plain = is_plain(text, stop->start, words);
    return plain < 0 ? -1 : !plain;
}

static int append_offset(PyObject *list, Py_ssize_t i)
{
    PyObject *offset = PyLong_FromSsize_t(i);
    int failed = offset == NULL || PyList_Append(list, offset) < 0;
    Py_XDECREF(offset);
    return failed ? -1 : 0;
}

static PyObject *none_or(PyObject *found, const Known *known)
{
    Py_ssize_t number = PyList_GET_SIZE(known->pieces) - 1;
    if (found != NULL && known->matched < number) {
        Py_DECREF(found);
        Py_RETURN_NONE;
    }
    return found;
}

PyDoc_STRVAR(doubtful_stops_doc,
"doubtful_stops(words, text, pieces) -> list[int] | None\n\n"
"Return the offsets of the stops that the rules must judge; None if they must judge all.");

static PyObject *doubtful_stops(PyObject *Py_UNUSED(module), PyObject *const *args,
                                Py_ssize_t number)
{
    Words words;
    if (number != 3 || !PyTuple_Check(args[0]) || !PyUnicode_Check(args[1]) ||
        !PyList_CheckExact(args[2]))
        return PyErr_Format(PyExc_TypeError, "doubtful_stops needs a tuple, a string and a list");
    if (!PyArg_ParseTuple(args[0], "O!O!Unnp:doubtful_stops", &PyFrozenSet_Type, &words.words,
                          &PyFrozenSet_Type, &words.starters, &words.vowels, &words.longest,
                          &words.digits, &words.roman))
        return NULL;
    PyObject *pieces = args[2];
    Text text = text_of(args[1]);
    int regular = is_regular(&text, pieces);
    if (regular < 0)
        return NULL;
    if (!regular)
        Py_RETURN_NONE;
    Known known = {pieces, 0, 0, 0};
    PyObject *found = PyList_New(0);
    Stop stop = {0, 0, 0, 0};
    while (found != NULL && find_stop(&text, stop.end, &stop)) {
        int is = is_known(&known, stop.end);
        int doubtful = is < 0 ? -1 : is_doubtful(&text, &stop, is, &words);
        if (doubtful < 0 || (doubtful && append_offset(found, stop.start) < 0))
            Py_CLEAR(found);
    }
    return none_or(found, &known);
}

/* ---- scripts without white space ---- */

#define PAIRS 8
static const Py_UCS4 OPENED[PAIRS] = {0x300C, 0x300E, 0xFF08, '(', 0x300A, 0x3008, 0x201C, 0x3010};
static const Py_UCS4 CLOSED[PAIRS] = {0x300D, 0x300F, 0xFF09, ')', 0x300B, 0x3009, 0x201D, 0x3011};
static const Py_UCS4 WIDE_STOPS[] = {0x3002, 0xFF01, 0xFF1F, 0xFF61, '!', '?', 0x2026, '.', 0xFF0E, 0};
static const Py_UCS4 WIDE_CLOSING[] = {'"',    '\'',   0x2019, 0x201D, 0x201C, 0x300D, 0x300F,
                                       0xFF09, ')',    0x3009, 0x300B, 0x3011, 0};

/* How many brackets of each kind are open; `broken`: more were closed than opened. */
typedef struct { int depth[PAIRS], broken; } Brackets;

static void count_bracket(Brackets *brackets, Py_UCS4 c)
{
    for (int i = 0; i < PAIRS; i++) {
        if (c == OPENED[i])
            brackets->depth[i]++;
        else if (c == CLOSED[i] && --brackets->depth[i] < 0)
            brackets->broken = 1;
    }
}

static int is_balanced(const Brackets *brackets)
{
    for (int i = 0; i < PAIRS; i++)
        if (brackets->depth[i])
            return 0;
    return !brackets->broken;
}

PyDoc_STRVAR(doubtful_unspaced_doc,
"doubtful_unspaced(joins, text, pieces) -> list[int] | None\n\n"
"Return the offsets of the stops that the rules must judge; None if they must judge all.");

static PyObject *doubtful_unspaced(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *string, *pieces, *joins;
    if (!PyArg_ParseTuple(args, "UUO!:doubtful_unspaced", &joins, &string, &PyList_Type, &pieces))
        return NULL;
    Text text = text_of(string);
    Known known = {pieces, 0, 0, 0};
    Brackets brackets = {{0}, 0};
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found != NULL && i < text.length;) {
        Py_UCS4 c = at(&text, i);
        if (!is_in(c, WIDE_STOPS)) {
            if (c == '(' || c == ')' || c >= 0x2018)
                count_bracket(&brackets, c);
            i++;
            continue;
        }
        Py_ssize_t start = i, closing;
        int dots = 1;
        for (; is_in(at(&text, i), WIDE_STOPS); i++)
            dots &= at(&text, i) == '.' || at(&text, i) == 0xFF0E;
        int full = c == 0x3002 && i == start + 1;
        for (closing = i; is_in(at(&text, i), WIDE_CLOSING); i++)
            count_bracket(&brackets, at(&text, i));
        int closes = i > closing;
        while (Py_UNICODE_ISSPACE(at(&text, i)))
            i++;
        Py_UCS4 after = at(&text, i);
        if (i >= text.length || is_in(after, WIDE_CLOSING) || is_in(after, WIDE_STOPS))
            continue; /* no place for a boundary; the white space behind closes none */
        int is = is_known(&known, i);
        int plain = full && is > 0 && !closes && is_balanced(&brackets) &&
                    PyUnicode_FindChar(joins, after, 0, PyUnicode_GET_LENGTH(joins), 1) < 0;
        if (plain)
            brackets = (Brackets){{0}, 0};
        else if (is < 0 || !(dots && !closes && !is))
            if (is < 0 || append_offset(found, start) < 0)
                Py_CLEAR(found);
    }
    return none_or(found, &known);
}

static PyMethodDef functions[] = {
    {"doubtful_stops", (PyCFunction)(void (*)(void))doubtful_stops, METH_FASTCALL,
     doubtful_stops_doc},
    {"is_unbroken", (PyCFunction)(void (*)(void))is_unbroken, METH_FASTCALL, is_unbroken_doc},
    {"masked", masked, METH_O, masked_doc},
    {"are_joined", (PyCFunction)(void (*)(void))are_joined, METH_FASTCALL, are_joined_doc},
    {"doubtful_unspaced", doubtful_unspaced, METH_VARARGS, doubtful_unspaced_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_stops",
    .m_doc = "Find the stops in a text that the rules on boundaries must judge.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__stops(void)
{
    return PyModuleDef_Init(&module);
}
