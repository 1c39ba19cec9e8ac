"""Names of processors: what the system says, with the generation where that alone says too little.

On a virtual machine /proc/cpuinfo often says "AMD EPYC" and no more, for processors of which one
computes bfloat16 products twice as fast as the other. Family and model tell them apart.
"""

from __future__ import annotations

import platform
import re
from pathlib import Path

# Families and models of AMD's generations: Linux, arch/x86/kernel/cpu/amd.c, bsp_init_amd().
ZEN = {
    (0x17, *range(0x00, 0x30), *range(0x50, 0x60)): "Zen 1",
    (0x17, *range(0x30, 0x50), *range(0x60, 0x80), 0x90, 0x91, *range(0xA0, 0xB0)): "Zen 2",
    (0x19, *range(0x00, 0x10), *range(0x20, 0x60)): "Zen 3",
    (0x19, *range(0x10, 0x20), *range(0x60, 0xB0)): "Zen 4",
    (0x1A, *range(0x00, 0x30), *range(0x40, 0x50), *range(0x60, 0x80)): "Zen 5",
}
# Intel's server parts, all of family 6: Linux, arch/x86/include/asm/intel-family.h.
XEON = {
    0x3F: "Haswell",
    0x4F: "Broadwell",
    0x55: "Skylake or Cascade Lake",
    0x6A: "Ice Lake",
    0x8F: "Sapphire Rapids",
    0xCF: "Emerald Rapids",
    0xAD: "Granite Rapids",
}
TOLD_APART = re.compile(r"^(.*) \(family (\d+), model (\d+)(?:: (.+))?\)$")


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model name, e.g. "Intel(R) Core(TM) i7-1165G7"; one without a number in it, such as
    "AMD EPYC", with family, model and generation: "AMD EPYC (family 25, model 17: Zen 4)"."""
    told = _first(cpuinfo)
    name = told.get("model name") or platform.processor() or platform.machine()
    family, model = told.get("cpu family", ""), told.get("model", "")
    if re.search(r"\d", slug(name)) or not (family.isdigit() and model.isdigit()):
        return name
    known = generation(told.get("vendor_id", ""), int(family), int(model))
    return f"{name} (family {family}, model {model}{f': {known}' if known else ''})"


def _first(cpuinfo: Path) -> dict[str, str]:
    """What the system says of its first processor; {} where there is no such file."""
    try:
        text = cpuinfo.read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def generation(vendor: str, family: int, model: int) -> str:
    """The generation's name, "" for one that is not known here."""
    if vendor == "AuthenticAMD":
        known = (name for (of, *models), name in ZEN.items() if of == family and model in models)
        return next(known, "")
    return XEON.get(model, "") if (vendor, family) == ("GenuineIntel", 6) else ""


def hardware_name(
    processor: str, accelerator: str | None, threads: int, dtype: str, processes: int = 1
) -> str:
    """The folder of a hardware's records, e.g. "amd-epyc-zen4-1t-float32"."""
    name = slug(accelerator) if accelerator else f"{_named(processor)}-{threads}t"
    return f"{name}-{processes}p-{dtype}" if processes > 1 else f"{name}-{dtype}"


def _named(processor: str) -> str:
    """The slug of a processor; the generation is one word, unknown ones are "f26m17"."""
    if not (found := TOLD_APART.match(processor)):
        return slug(processor)
    name, family, model, known = found.groups()
    return f"{slug(name)}-{slug(known).replace('-', '') if known else f'f{family}m{model}'}"


def slug(text: str) -> str:
    """'AMD EPYC 9B45 64-Core Processor' -> 'amd-epyc-9b45'."""
    text = re.sub(r"\(r\)|\(tm\)|\d+-core|processor|cpu|@.*", " ", text.lower())
    return "-".join(re.findall(r"[a-z0-9.]+", text)) or "unknown"
