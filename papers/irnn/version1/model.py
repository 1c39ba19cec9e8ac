# Decide here: which of the paper's equations, in its order and with its symbols? Replace all.
"""Adam, Kingma and Ba 2015 (arXiv:1412.6980), version 1: Algorithm 1, line by line.

Basic operations only, one tensor after the other. `algorithm1` is the paper's loop body and is
right; what surrounds it makes the mistakes that first implementations are known for. They are
kept; papers/irnn/evidence/deviations.py names them.

Symbols: theta a parameter, g its gradient, m and v the moving averages of g and g^2, t the step,
         alpha the stepsize, beta1 and beta2 the decay rates, epsilon against division by zero.
Shapes:  theta, g, m and v are alike; every operation is element by element.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Config:  # defaults: Algorithm 1; batch: Sec. 6.1; steps: 200 passes over MNIST (Fig. 2)
    alpha: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    l2: float = 0.0  # weight of the penalty |theta|^2 / 2
    batch: int = 128
    steps: int = 93_750


def algorithm1(theta, g, m, v, t, alpha=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """One step: the new (theta, m, v). Takes numbers and tensors alike; t counts from 1."""
    m = beta1 * m + (1 - beta1) * g  # biased first moment estimate
    v = beta2 * v + (1 - beta2) * (g * g)  # biased second raw moment estimate
    m_hat = m / (1 - beta1**t)  # bias-corrected, Sec. 3
    v_hat = v / (1 - beta2**t)  # Eq. 4: E[v_t] = E[g^2] (1 - beta2^t)
    theta = theta - alpha * m_hat / (v_hat**0.5 + epsilon)
    return theta, m, v


class Adam:
    """Algorithm 1 for a list of tensors, with one counter, advanced once per tensor."""

    def __init__(self, parameters, config):
        self.parameters, self.config = list(parameters), config
        self.t = 0
        self.m = [torch.zeros_like(theta) for theta in self.parameters]  # m_0 <- 0
        self.v = [torch.zeros_like(theta) for theta in self.parameters]  # v_0 <- 0

    @torch.no_grad()
    def step(self, gradients):
        c = self.config
        for i, (theta, g) in enumerate(zip(self.parameters, gradients)):
            self.t += 1
            g = g + c.l2 * theta  # the gradient of the penalty
            new, self.m[i], self.v[i] = algorithm1(
                theta, g, self.m[i], self.v[i], self.t, c.alpha, c.beta1, c.beta2, c.epsilon
            )
            theta.copy_(new)


class Learner:
    """Minimise `loss(net, images, labels)` over batches."""

    def __init__(self, config, net, loss):
        self.net, self.loss = net, loss
        self.adam = Adam(net.parameters(), config)

    def step(self, images, labels):
        """One step; the batch's loss before it, in nats per image."""
        value = self.loss(self.net, images, labels)  # f_t(theta_(t-1))
        self.adam.step(torch.autograd.grad(value, self.adam.parameters))  # g_t
        return value.detach()

    def state(self):
        """Everything that changes from step to step."""
        adam = self.adam
        lists = {"theta": adam.parameters, "m": adam.m, "v": adam.v}
        tensors = {f"{name}.{i}": x for name, xs in lists.items() for i, x in enumerate(xs)}
        return {**tensors, "t": torch.tensor(adam.t)}

    @torch.no_grad()
    def restore(self, saved):
        self.adam.t = int(saved["t"])
        for i, theta in enumerate(self.adam.parameters):
            theta.copy_(saved[f"theta.{i}"])
            self.adam.m[i].copy_(saved[f"m.{i}"])
            self.adam.v[i].copy_(saved[f"v.{i}"])
