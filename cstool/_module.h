/* What the extension modules have in common: multi-phase initialisation (PEP 489) of modules without
   state, so each interpreter may have its own GIL (PEP 684) or none (PEP 703). */

#ifndef CSTOOL_MODULE_H
#define CSTOOL_MODULE_H

#include <Python.h>

static PyModuleDef_Slot module_slots[] = {
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

#endif
