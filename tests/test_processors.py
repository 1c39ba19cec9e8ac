"""Names of processors: two generations never share one, and old names stay what they are."""

import pytest

from common.paper import rooms
from common.records.record import read_records
from common.run.processors import hardware_name, processor

CPUINFO = "vendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: {}\n\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("vendor", "family", "model", "name", "told"),
    [
        ("AuthenticAMD", 25, 17, "AMD EPYC", "amd-epyc-zen4"),
        ("AuthenticAMD", 25, 1, "AMD EPYC", "amd-epyc-zen3"),
        ("AuthenticAMD", 23, 49, "AMD EPYC Processor", "amd-epyc-zen2"),
        ("AuthenticAMD", 26, 2, "AMD EPYC", "amd-epyc-zen5"),
        ("AuthenticAMD", 26, 200, "AMD EPYC", "amd-epyc-f26m200"),
        ("AuthenticAMD", 26, 2, "AMD EPYC 9B45 64-Core Processor", "amd-epyc-9b45"),
        ("GenuineIntel", 6, 143, "Intel(R) Xeon(R) CPU @ 2.70GHz",
         "intel-xeon-sapphirerapids"),
        ("GenuineIntel", 6, 140, "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz",
         "11th-gen-intel-core-i7-1165g7"),
    ],
)  # fmt: skip
def test_names_tell_generations_apart(tmp_path, vendor, family, model, name, told):
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(vendor, family, model, name))
    found = processor(tmp_path / "cpuinfo")
    assert found.startswith(name)
    assert hardware_name(found, None, 1, "float32") == f"{told}-1t-float32"


def test_without_cpuinfo_there_is_still_a_name(tmp_path):
    (tmp_path / "arm").write_text("processor\t: 0\nCPU implementer\t: 0x41\n")
    for path in (tmp_path / "arm", tmp_path / "missing"):
        assert hardware_name(processor(path), None, 2, "bfloat16").endswith("-2t-bfloat16")


def test_accelerators_and_processes_are_in_the_name():
    assert (
        hardware_name("any", "NVIDIA H100 80GB HBM3", 1, "float32")
        == "nvidia-h100-80gb-hbm3-float32"
    )
    assert hardware_name("AMD EPYC", None, 1, "float32", 2) == "amd-epyc-1t-2p-float32"


def test_every_record_bears_the_name_that_its_fields_give():
    records = [record for room in rooms().values() for record in read_records(room.folder)]
    for record in records:
        has, processes = record.hardware, int(record.engine.get("processes", 1))
        given = hardware_name(has.processor, has.accelerator, has.threads, has.dtype, processes)
        assert has.name == given
    assert records
