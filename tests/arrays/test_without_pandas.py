"""Arrow is used without importing pandas."""

import subprocess
import sys

import pytest

pytest.importorskip("pandas")

USE = """
import sys
import numpy as np, pyarrow as pa
from cstool.arrays.without_pandas import without_pandas
without_pandas()
for values in ([1, 2], ["a"], np.array([1, 2])):
    pa.array(values).to_numpy(zero_copy_only=False)
pa.array(np.array([1]), mask=np.array([True]))
pa.Table.from_pylist([{"a": 1}]).column("a").to_numpy()
print("pandas" in sys.modules)
print(pa.array([1, 2]).to_pandas().tolist())
"""


def test_arrow_does_not_import_pandas_but_to_pandas_works() -> None:
    done = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n[1, 2]\n"
