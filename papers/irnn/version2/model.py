# Decide here: which of the paper's equations, in its order and with its symbols? Replace all.
"""AdamW: Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019,
arXiv:1711.05101), version 2: right and fast.

Against version 1: each tensor's own steps are counted, decay stands apart from the gradient and
is only of matrices, the stepsize has a schedule, and all tensors of a group take few calls.

`AdamW` is used like torch.optim.AdamW and gives its results bit for bit, on groups of parameters:

    optimizer = AdamW(groups(net.named_parameters(), weight_decay=0.1), lr=1e-3)
    loss.backward(), optimizer.step(), optimizer.zero_grad()

Symbols: theta a parameter, g its gradient, m and v its moments, t the step, alpha the stepsize
         ("lr" in a group), eta_t the schedule's multiplier, lambda the weight decay.
Shapes:  lists of tensors; the i-th of thetas, gradients, ms and vs are alike.
"""

import math
from dataclasses import dataclass

import torch

BLOCK = 65_536  # elements per thread: theta, g, m, v and a temporary fit into a core's cache


@dataclass(frozen=True)
class Config:  # defaults: Loshchilov and Hutter, Alg. 2; of lambda they sweep: torch's default
    alpha: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    batch: int = 128
    steps: int = 93_750


def groups(named_parameters, weight_decay):
    """Two groups: matrices and larger tensors decay; biases, gains and other vectors do not.

    Chosen by shape, because a choice by name breaks when a name changes.
    """
    named = [p for _, p in named_parameters if p.requires_grad]
    matrices, vectors = [p for p in named if p.dim() > 1], [p for p in named if p.dim() < 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def multiplier(i, steps):
    """eta_t: half a cosine from 1 to 0 (Loshchilov and Hutter, Sec. 4.1, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * i / steps))


# -- one step of a list of tensors, t alike for all (Alg. 2) -------------------------------------


def decay_(thetas, gradients, group):
    """theta <- theta - eta_t alpha lambda theta, apart from the gradient. Alg. 2, line 12.

    The paper's lambda is not multiplied by alpha; torch's is, and so is ours.
    """
    if group["weight_decay"]:
        torch._foreach_mul_(thetas, 1 - group["lr"] * group["weight_decay"])


def moments_(ms, vs, gradients, beta1, beta2):
    """m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2. Alg. 2, lines 7 and 8."""
    torch._foreach_lerp_(ms, gradients, 1 - beta1)
    torch._foreach_mul_(vs, beta2)
    torch._foreach_addcmul_(vs, gradients, gradients, 1 - beta2)


def corrections(t, beta1, beta2):
    """What m and v are divided by, because they began at zero. Alg. 2, lines 9 and 10."""
    return 1 - beta1**t, 1 - beta2**t


def denominators(vs, correction, epsilon):
    """sqrt(v_hat) + epsilon, epsilon outside the root."""
    roots = torch._foreach_sqrt(vs)
    torch._foreach_div_(roots, correction**0.5)
    torch._foreach_add_(roots, epsilon)
    return roots


def update_(thetas, gradients, ms, vs, t, group):
    """One step of Alg. 2 for tensors that have made t - 1 steps before."""
    decay_(thetas, gradients, group)
    moments_(ms, vs, gradients, *group["betas"])
    first, second = corrections(t, *group["betas"])
    below = denominators(vs, second, group["eps"])
    torch._foreach_addcdiv_(thetas, ms, below, -(group["lr"] / first))


# -- the optimizer -------------------------------------------------------------------------------


class AdamW:
    """AdamW over parameters, or over groups {"params": [...], "lr": ..., "weight_decay": ...}.

    Moments have their parameter's dtype: give it float32 masters of bfloat16 weights. Parameters
    without a gradient are left as they are, and their step count too. ValueError for settings
    outside their range, no parameters, one given twice, one that is no leaf or not real, sparse
    gradients, a state that does not fit; TypeError for what is no list of tensors.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        if isinstance(params, torch.Tensor | str):
            raise TypeError(f"AdamW takes a list of parameters, not one {type(params).__name__}")
        given = list(params)
        if not given:
            raise ValueError("AdamW got no parameters")
        if not isinstance(given[0], dict):
            given = [{"params": given}]
        self.defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        self.param_groups = [{**self.defaults, **g, "params": list(g["params"])} for g in given]
        self.state = {}  # parameter -> {"step", "m", "v"}; made at its first step
        _check(self.param_groups)

    def zero_grad(self):
        for p in _all(self.param_groups):
            p.grad = None

    @torch.no_grad()
    def step(self):
        """One step of every parameter that has a gradient."""
        for group in self.param_groups:
            known = [p for p in group["params"] if p.grad is not None]
            for t, parameters in self.advance(known).items():
                for tensors in blocks(self._tensors(parameters)):
                    update_(*tensors, t, group)

    def advance(self, parameters):
        """Count the step of each parameter: {t: the parameters whose t-th step this is}."""
        found = {}
        for p in parameters:
            if p not in self.state:
                self.state[p] = {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            state = self.state[p]
            state["step"] = int(state["step"]) + 1  # a restored count may be a tensor
            found.setdefault(state["step"], []).append(p)
        return found

    def _tensors(self, parameters):
        if any(p.grad.is_sparse for p in parameters):
            raise ValueError("AdamW takes no sparse gradients")
        states = [self.state[p] for p in parameters]
        gradients = [p.grad for p in parameters]
        return parameters, gradients, [s["m"] for s in states], [s["v"] for s in states]

    def state_dict(self):
        """The state with parameters by number, in the order of the groups."""
        number = {p: i for i, p in enumerate(_all(self.param_groups))}
        return {
            "state": {number[p]: dict(entry) for p, entry in self.state.items()},
            "param_groups": [
                {**group, "params": [number[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, saved):
        """Put back what `state_dict` gave, for groups of the same sizes. Tensors are copied."""
        sizes = [len(group["params"]) for group in self.param_groups]
        if sizes != [len(group["params"]) for group in saved["param_groups"]]:
            raise ValueError("the saved state has other parameter groups")
        parameters = _all(self.param_groups)
        for group, old in zip(self.param_groups, saved["param_groups"]):
            group.update({**old, "params": group["params"]})
        self.state = {}
        for i, entry in saved["state"].items():
            moments = {name: entry[name].to(parameters[i], copy=True) for name in ("m", "v")}
            self.state[parameters[i]] = {"step": int(entry["step"]), **moments}


def _all(param_groups):
    return [p for group in param_groups for p in group["params"]]


def _check(param_groups):
    parameters = _all(param_groups)
    for p in parameters:
        if not isinstance(p, torch.Tensor):
            raise TypeError(f"AdamW takes parameters without their names, not a {type(p).__name__}")
        if not p.is_leaf:
            raise ValueError("AdamW can only train leaves, not what was computed from them")
        if not p.is_floating_point():
            raise ValueError(f"AdamW trains real numbers, not {p.dtype}")
    if len(set(parameters)) < len(parameters):
        raise ValueError("AdamW got a parameter twice: each belongs to one group")
    for group in param_groups:
        for name, low, high in (("lr", 0, math.inf), ("eps", 0, 1), ("weight_decay", 0, math.inf)):
            if not low <= group[name] < high:
                raise ValueError(f"AdamW: {name} must be at least {low} and below {high}")
        if not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError("AdamW: betas must be at least 0 and below 1")


def blocks(lists):
    """Cut lists of tensors into parts of up to BLOCK elements for each thread, in their order.

    A step makes some ten passes over the tensors. Done block by block they stay in the cache, and
    temporaries stay small. On a GPU, one call for all tensors is better: nothing is cut.
    """
    thetas = lists[0]
    if not thetas or thetas[0].device.type != "cpu":
        yield lists
        return
    most = BLOCK * torch.get_num_threads()
    rows = [piece for row in zip(*lists) for piece in pieces(row, most)]
    start = size = 0
    for end, row in enumerate(rows):
        if size and size + row[0].numel() > most:
            yield tuple(map(list, zip(*rows[start:end])))
            start, size = end, 0
        size += row[0].numel()
    yield tuple(map(list, zip(*rows[start:])))


def pieces(row, most):
    """Views of the same parts of tensors that are alike; the whole if they are small or spread."""
    if row[0].numel() <= most or not all(x.is_contiguous() for x in row):
        return [row]
    return list(zip(*(x.view(-1).split(most) for x in row)))


class Learner:
    """Minimise `loss(net, images, labels)` over batches."""

    def __init__(self, config, net, masters, loss):
        self.config, self.net, self.masters, self.loss = config, net, masters, loss
        names = [name for name, _ in net.named_parameters()]
        self.optimizer = AdamW(
            groups(zip(names, masters.masters), config.weight_decay),
            lr=config.alpha,
            betas=(config.beta1, config.beta2),
            eps=config.epsilon,
        )

    def step(self, i, images, labels):
        """The i-th step; the batch's loss before it, in nats per image."""
        value = self.loss(self.net, images, labels)
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.alpha * multiplier(i, self.config.steps)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
