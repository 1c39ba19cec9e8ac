# Decide here: which of the paper's equations, in its order and with its symbols? Replace all.
"""One token after another, fast: what `GPT2.read` computes, with fewer and quicker operations.

A step for one token per row is bound by reading the weights, and then by the number of calls. So
matrices are laid out once as the library wants them (else bfloat16 is laid out anew at every
call), and attention is one call, with keys and values in float32: for one query the bfloat16
kernel is five times slower. Prompts and full windows are left to the net itself.

Shapes: B batch, T positions, S positions looked at, H heads, K = d_k, D = d_model, V tokens.
"""

import torch
import torch.nn.functional as F

from papers.llama.version2 import model


def packed(weight, bias):
    """x (..., in) -> x W^T + b with `weight` (out, in) laid out for this CPU once and for all."""
    ops = torch.ops.mkldnn
    known = weight.dtype == torch.float32 or (
        weight.dtype == torch.bfloat16 and ops._is_mkldnn_bf16_supported()
    )
    if weight.device.type != "cpu" or not known or not torch.backends.mkldnn.is_available():
        return lambda x: F.linear(x, weight, bias)
    laid, linear = ops._reorder_linear_weight(weight.detach().contiguous()), ops._linear_pointwise
    return lambda x: linear(x, laid, bias, "none", [], "")


class Decoder:
    """Reads as `net` does; its weights are those of the moment in which it was made."""

    def __init__(self, net):
        self.net = net.eval()
        self.head = packed(net.head(), None)
        self.blocks = [self.block(*numbered) for numbered in enumerate(net.h)]

    @torch.inference_mode()
    def read(self, tokens, state=None):
        """Scores (B, T, V) and the state, as from `GPT2.read`."""
        known = state["tokens"].shape[1] if state else 0
        if tokens.shape[1] > 1 or not 0 < known < self.net.config.context:
            return self.net.read(tokens, state and cast(state, self.net.wte.weight.dtype))
        state = cast(state, torch.float32)
        x = F.embedding(tokens[:, 0], self.net.wte.weight) + self.net.wpe.weight[known]  # (B, D)
        for block in self.blocks:
            x = block(x, state, known)
        grown = torch.cat([state["tokens"], tokens], 1)
        return self.head(self.net.ln_f.forward(x))[:, None], {**state, "tokens": grown}

    def block(self, n, block):
        """The n-th block for one position."""
        heads, first, second = block.attn.heads, block.ln_1.forward, block.ln_2.forward
        join, project, widen, narrow = (
            packed(p.weight.t(), p.bias)
            for p in (block.attn.c_attn, block.attn.c_proj, block.mlp.c_fc, block.mlp.c_proj)
        )

        def attend(x, state, known):
            q, k, v = join(x).view(len(x), 3, heads, 1, -1).unbind(1)  # (B, H, 1, K)
            kept = [
                state[name][:, :, : known + 1] for name in (f"key.{n}", f"value.{n}")
            ]  # (B, H, S, K)
            kept[0][:, :, known:], kept[1][:, :, known:] = k, v
            y = F.scaled_dot_product_attention(q.float(), *kept)
            return project(y.reshape(x.shape).to(x.dtype))  # (B, D)

        def step(x, state, known):  # (B, D) -> (B, D)
            x = model.residual(x, lambda y: attend(y, state, known), first, same)
            return model.residual(x, lambda y: narrow(model.gelu(widen(y))), second, same)

        return step


def same(x):
    """No dropout."""
    return x


def cast(state, dtype):
    """The state with keys and values in `dtype`; without a copy where they are."""
    return {name: x if name == "tokens" else x.to(dtype) for name, x in state.items()}
