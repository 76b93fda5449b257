#!/usr/bin/env python3
"""Fine-tunes one expert of a Mixtral-format checkpoint on text of one domain; everything else stays frozen.

    python3 scripts/fine-tune-expert.py --model models/tiny-mixtral --expert 2/3 --text DIR --suffix .py \
        --held-out HELD_OUT --out expert.safetensors --report report.json

Writes one expert as a component file, ready for `signalbox upload --kind expert`. Needs torch, numpy and
tokenizers. HELD_OUT holds one DOMAIN.txt a domain, documents separated by lines of U+001E: text that is only
measured. Lines of it that also stand in the training text are taken out there, before training.
"""
import argparse
import json
import math
import random
import struct
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

# Names in the checkpoint and in a component file (docs/registry.md).
EXPERT_TENSORS = {"w1": "gate_proj", "w2": "down_proj", "w3": "up_proj"}
# A shorter line, such as `else:`, says nothing about where it came from.
TELLING_LINE_CHARS = 25


def read_safetensors(path):
    """Tensors of a file by name, as float32. Format: 8 bytes of header length, JSON header, raw bytes."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    dtypes = {"F16": np.float16, "F32": np.float32}

    def tensor(entry):
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        return torch.from_numpy(np.frombuffer(raw[begin:end], dtypes[entry["dtype"]]).astype(np.float32)).view(entry["shape"])

    return {name: tensor(entry) for name, entry in header.items()}


def write_safetensors(path, tensors):
    """Writes tensors as fp16, in order of their names."""
    header, parts, at = {}, [], 0
    for name in sorted(tensors):
        part = tensors[name].detach().to(torch.float16).numpy().tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


class Mixtral:
    """Forward pass in fp32 of the architecture that transformers calls MixtralForCausalLM."""

    def __init__(self, directory):
        self.config = json.loads((directory / "config.json").read_text())
        self.weights = read_safetensors(directory / "model.safetensors")
        c = self.config
        frequencies = c["rope_theta"] ** (-torch.arange(0, c["head_dim"], 2, dtype=torch.float64) / c["head_dim"])
        angles = torch.outer(torch.arange(c["max_position_embeddings"], dtype=torch.float64), frequencies).repeat(1, 2)
        self.cos, self.sin = angles.cos().float(), angles.sin().float()

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"]) * self.weights[name]

    def attention(self, x, prefix):
        c, (rows, length, _) = self.config, x.shape

        def heads(name, count):
            return F.linear(x, self.weights[f"{prefix}.{name}.weight"]).view(rows, length, count, c["head_dim"]).transpose(1, 2)

        def rotated(y):
            left, right = y.chunk(2, -1)
            return y * self.cos[:length] + torch.cat((-right, left), -1) * self.sin[:length]

        shared = c["num_attention_heads"] // c["num_key_value_heads"]
        query = rotated(heads("q_proj", c["num_attention_heads"]))
        key = rotated(heads("k_proj", c["num_key_value_heads"])).repeat_interleave(shared, 1)
        value = heads("v_proj", c["num_key_value_heads"]).repeat_interleave(shared, 1)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return F.linear(mixed.transpose(1, 2).reshape(rows, length, -1), self.weights[f"{prefix}.o_proj.weight"])

    def experts(self, x, prefix):
        flat = x.flatten(0, 1)
        # In fp32 also where the rest is in bf16: routes shall be those of serving.
        with torch.autocast("cpu", enabled=False):
            logits = F.linear(flat, self.weights[f"{prefix}.gate.weight"])
        top, chosen = logits.topk(self.config["num_experts_per_tok"], -1)
        gates = top.softmax(-1)
        out = torch.zeros_like(flat)
        for expert in range(self.config["num_local_experts"]):
            at, slot = torch.where(chosen == expert)
            w1, w2, w3 = (self.weights[f"{prefix}.experts.{expert}.{w}.weight"] for w in ("w1", "w2", "w3"))
            rows = flat[at]
            answer = F.linear(F.silu(F.linear(rows, w1)) * F.linear(rows, w3), w2)
            out = out.index_add(0, at, answer * gates[at, slot, None])
        return out.view_as(x), chosen.view(*x.shape[:2], -1)

    def __call__(self, ids):
        """ids [rows, length] -> logits [rows, length, vocabulary], chosen experts of each layer [rows, length, k]."""
        x, routes = self.weights["model.embed_tokens.weight"][ids], []
        for layer in range(self.config["num_hidden_layers"]):
            prefix = f"model.layers.{layer}"
            x = x + self.attention(self.norm(x, f"{prefix}.input_layernorm.weight"), f"{prefix}.self_attn")
            mixed, chosen = self.experts(self.norm(x, f"{prefix}.post_attention_layernorm.weight"), f"{prefix}.block_sparse_moe")
            x = x + mixed
            routes.append(chosen)
        return F.linear(self.norm(x, "model.norm.weight"), self.weights["lm_head.weight"]), routes


def check_golden(model, directory):
    """Compares with the checkpoint's golden logits and routes; returns the largest difference of a logit."""
    worst = 0.0
    for prompt in json.loads((directory / "golden.json").read_text())["prompts"]:
        logits, routes = model(torch.tensor([prompt["input_ids"]]))
        golden = torch.from_numpy(np.load(directory / prompt["logits_file"]).astype(np.float32))
        found = logits[0] if prompt["logits_positions"] == "all" else logits[0, -1]
        worst = max(worst, (found - golden.view_as(found)).abs().max().item())
        if [chosen[0].tolist() for chosen in routes] != prompt["experts"]:
            raise SystemExit(f"golden prompt {prompt['id']}: other experts are chosen than the golden ones")
    if worst > 1e-3:
        raise SystemExit(f"the logits differ from the golden ones by {worst}")
    return worst


def documents(path):
    return [text for text in (part.strip("\n") for part in path.read_text().split("\x1e")) if text]


def first_bytes(texts, size):
    """The first documents of a domain, until they have this many bytes; the last one is cut."""
    found = []
    for text in texts:
        if size <= 0:
            break
        found.append(text.encode()[:size].decode(errors="ignore"))
        size -= len(text.encode())
    return found


def training_tokens(paths, suffix, held_out, tokenizer, rng):
    """One stream of <s> text </s>, without lines of the held-out text and without a telling line twice."""
    known = {line.strip() for text in held_out for line in text.split("\n")}
    files = sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob(f"*{suffix}")) if file.is_file())
    rng.shuffle(files)
    ids, taken, kept_bytes = [], 0, 0
    for file in files:
        kept = []
        for line in file.read_text(errors="replace").split("\n"):
            text = line.strip()
            if len(text) >= TELLING_LINE_CHARS:
                if text in known:
                    taken += 1
                    continue
                known.add(text)
            kept.append(line)
        text = "\n".join(kept)
        if len(text) < 500:
            continue
        kept_bytes += len(text.encode())
        ids += [*tokenizer.encode(text).ids, 1]
    return torch.tensor(ids), {"files": len(files), "bytes": kept_bytes, "tokens": len(ids), "linesLeftOut": taken}


@torch.no_grad()
def measure(model, held_out, tokenizer, layer, expert):
    """By domain: bits per byte, of all tokens and by whether they were routed to the expert, and its share of the slots."""
    window, found = model.config["max_position_embeddings"], {}
    for domain, texts in held_out.items():
        nats, tokens, slots, size = torch.zeros(2), torch.zeros(2), 0, 0
        for text in texts:
            size += len(text.encode())
            ids = torch.tensor([*tokenizer.encode(text).ids, 1])
            for begin in range(0, len(ids) - 1, window):
                piece = ids[begin : begin + window + 1]
                logits, routes = model(piece[None, :-1])
                loss = F.cross_entropy(logits[0], piece[1:], reduction="none")
                through = (routes[layer][0] == expert).any(-1)
                for index, mask in enumerate((~through, through)):
                    nats[index] += loss[mask].sum()
                    tokens[index] += mask.sum()
                slots += int(through.sum())
        total = int(tokens.sum())
        found[domain] = {
            "bitsPerByte": round(nats.sum().item() / math.log(2) / size, 5),
            "bitsPerTokenElsewhere": round((nats[0] / tokens[0]).item() / math.log(2), 4),
            "bitsPerTokenThrough": round((nats[1] / tokens[1]).item() / math.log(2), 4) if tokens[1] else None,
            "slotShare": round(slots / total / model.config["num_experts_per_tok"], 4),
            "tokens": total,
        }
    return found


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--model", type=Path, required=True)
    parse.add_argument("--expert", required=True, help="LAYER/INDEX")
    parse.add_argument("--text", type=Path, nargs="+", required=True, help="files, or directories that are searched")
    parse.add_argument("--suffix", default=".txt", help="of the files taken from directories")
    parse.add_argument("--held-out", type=Path, required=True)
    parse.add_argument("--out", type=Path, required=True)
    parse.add_argument("--report", type=Path, required=True)
    for name, kind, default in (("steps", int, 400), ("rows", int, 8), ("length", int, 512), ("rate", float, 1e-3), ("warm-up", int, 20), ("decay", float, 0.01), ("clip", float, 1.0), ("measured-bytes", int, 1 << 30), ("seed", int, 1), ("threads", int, 1)):
        parse.add_argument(f"--{name}", type=kind, default=default)
    o = parse.parse_args()
    layer, expert = map(int, o.expert.split("/"))
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    rng = random.Random(o.seed)

    model, tokenizer = Mixtral(o.model), Tokenizer.from_file(str(o.model / "tokenizer.json"))
    with torch.no_grad():
        golden = check_golden(model, o.model / "golden")
    held_out = {file.stem: documents(file) for file in sorted(o.held_out.glob("*.txt"))}
    ids, text = training_tokens(o.text, o.suffix, [one for texts in held_out.values() for one in texts], tokenizer, rng)
    print(f"golden logits within {golden:.1e}; training text: {text}", flush=True)
    measured = {domain: first_bytes(texts, o.measured_bytes) for domain, texts in held_out.items()}
    before = measure(model, measured, tokenizer, layer, expert)

    names = {w: f"model.layers.{layer}.block_sparse_moe.experts.{expert}.{w}.weight" for w in EXPERT_TENSORS}
    start = {name: model.weights[name].clone() for name in names.values()}
    tuned = [model.weights[name].requires_grad_() for name in names.values()]
    optimiser = torch.optim.AdamW(tuned, lr=o.rate, betas=(0.9, 0.98), weight_decay=o.decay)
    starts, began = list(range(0, len(ids) - o.length - 1, o.length)), time.monotonic()
    rng.shuffle(starts)
    for step in range(o.steps):
        # Linear warm-up, then half a cosine.
        progress = max(0.0, (step - o.warm_up) / max(1, o.steps - o.warm_up))
        optimiser.param_groups[0]["lr"] = o.rate * min(1.0, (step + 1) / o.warm_up) * (0.5 + 0.5 * math.cos(math.pi * progress))
        batch = torch.stack([ids[at : at + o.length + 1] for at in (starts[(step * o.rows + row) % len(starts)] for row in range(o.rows))])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, _ = model(batch[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tuned, o.clip)
        optimiser.step()
        if step % 20 == 0:
            print(f"step {step}: {loss.item() / math.log(2):.4f} bits per token, {time.monotonic() - began:.0f} s", flush=True)

    # What is measured is what is written: weights rounded to fp16.
    with torch.no_grad():
        for name in names.values():
            model.weights[name] = model.weights[name].detach().half().float()
    after = measure(model, measured, tokenizer, layer, expert)
    write_safetensors(o.out, {EXPERT_TENSORS[w]: model.weights[name] for w, name in names.items()})
    change = {w: round(((model.weights[n] - start[n]).norm() / start[n].norm()).item(), 4) for w, n in names.items()}
    report = {"expert": o.expert, "seed": o.seed, "steps": o.steps, "tokensSeen": o.steps * o.rows * o.length, "rate": o.rate, "text": text, "relativeChange": change, "before": before, "after": after}
    o.report.write_text(json.dumps(report, indent=2) + "\n")
    for domain, one in after.items():
        print(f"{domain:12} {before[domain]['bitsPerByte']:.4f} -> {one['bitsPerByte']:.4f} bits per byte, {one['bitsPerByte'] - before[domain]['bitsPerByte']:+.4f}")


if __name__ == "__main__":
    main()
