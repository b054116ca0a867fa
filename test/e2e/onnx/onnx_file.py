# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Just enough of the ONNX file format to rewrite a graph: a message is a list of
(field, wire type, value)."""
import os
import shutil
import struct


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def parse(data):
    fields, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        fields.append((tag >> 3, kind, value))
    return fields


def put_varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def render(fields):
    out = []
    for field, kind, value in fields:
        out.append(put_varint(field << 3 | kind))
        if kind == 2:
            out.append(put_varint(len(value)))
        out.append(put_varint(value) if kind == 0 else value)
    return b"".join(out)


def text(field, value):
    return (field, 2, value.encode())


def attribute(name, value):
    """An AttributeProto of an int, a float, a string or a list of ints."""
    if isinstance(value, float):
        fields = [(2, 5, struct.pack("<f", value)), (20, 0, 1)]
    elif isinstance(value, int):
        fields = [(3, 0, value & (1 << 64) - 1), (20, 0, 2)]
    elif isinstance(value, str):
        fields = [(4, 2, value.encode()), (20, 0, 3)]
    else:
        fields = [(8, 0, v & (1 << 64) - 1) for v in value] + [(20, 0, 7)]
    return (5, 2, render([text(1, name)] + fields))


def tensor(name, dims, kind, raw):
    """A TensorProto of `kind` (a code of TensorProto.DataType)."""
    return render([(1, 0, dim) for dim in dims] + [(2, 0, kind), text(8, name), (9, 2, raw)])


class Node:
    """A NodeProto: op, domain, name, inputs, outputs and its other fields."""

    def __init__(self, op, inputs, outputs, domain="", **attributes):
        self.op, self.inputs, self.outputs = op, list(inputs), list(outputs)
        self.name, self.domain = outputs[0], domain
        self.others = [attribute(name, value) for name, value in attributes.items()]

    @staticmethod
    def parse(data):
        fields = parse(data)
        named = {n: [v.decode() for f, _, v in fields if f == n] for n in (1, 2, 3, 4, 7)}
        node = Node(named[4][0], named[1], named[2] or [""], (named[7] or [""])[0])
        node.name = named[3][0] if named[3] else ""
        node.others = [field for field in fields if field[0] in (5, 6)]
        return node

    def render(self):
        return render([text(1, name) for name in self.inputs] +
                      [text(2, name) for name in self.outputs] +
                      [text(3, self.name), text(4, self.op)] + self.others +
                      ([text(7, self.domain)] if self.domain else []))


class Model:
    """A model.onnx whose graph is changed in place, written to a new folder."""

    def __init__(self, path):
        self.folder = os.path.dirname(path)
        with open(path, "rb") as file:
            self.fields = parse(file.read())
        self.nodes, self.tensors, self.entries = [], {}, []
        for field in parse(next(value for number, _, value in self.fields if number == 7)):
            if field[0] == 1:
                self.nodes.append(Node.parse(field[2]))
            elif field[0] == 5:
                name = next(v for n, _, v in parse(field[2]) if n == 8).decode()
                self.tensors[name] = field[2]
            else:
                self.entries.append(field)

    def named(self, name):
        return next(node for node in self.nodes if node.name == name)

    def add(self, op, inputs, output, **attributes):
        """A new node; its output."""
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(Node(op, inputs, outputs, **attributes))
        return outputs[0]

    def redirect(self, old, new, readers=None):
        """Lets what reads `old` read `new`, or only the named readers."""
        for node in self.nodes:
            if new in node.outputs or readers is not None and node.name not in readers:
                continue
            node.inputs = [new if value == old else value for value in node.inputs]

    def ints(self, name, *values, scalar=False):
        self.tensors[name] = tensor(name, [] if scalar else [len(values)], 7,
                                    struct.pack("<%dq" % len(values), *values))
        return name

    def floats(self, name, dims, values):
        self.tensors[name] = tensor(name, dims, 1, struct.pack("<%df" % len(values), *values))
        return name

    def raw(self, name):
        """(dims, type, bytes) of an initializer."""
        dims, kind, raw, entries = [], 0, None, {}
        for number, wire, value in parse(self.tensors[name]):
            if number == 1:
                dims += [value] if wire == 0 else packed(value)
            elif number == 2:
                kind = value
            elif number == 9:
                raw = value
            elif number == 13:
                pair = dict((n, v.decode()) for n, _, v in parse(value))
                entries[pair[1]] = pair[2]
        if raw is None:
            with open(os.path.join(self.folder, entries["location"]), "rb") as file:
                file.seek(int(entries.get("offset", 0)))
                raw = file.read(int(entries["length"]))
        return dims, kind, raw

    def read(self, name):
        """(dims, values) of a float32 initializer."""
        dims, _, raw = self.raw(name)
        return dims, list(struct.unpack("<%df" % (len(raw) // 4), raw))

    def opset(self, domain, version):
        self.fields = [field for field in self.fields if field[0] != 8 or
                       not any(n == 1 and v.decode() == domain or not domain and len(parse(field[2])) == 1
                               for n, _, v in parse(field[2]))]
        self.fields.append((8, 2, render(([text(1, domain)] if domain else []) + [(2, 0, version)])))

    def write(self, folder):
        """The path of model.onnx in the new folder, its data files beside it."""
        os.mkdir(folder)
        for name in os.listdir(self.folder):
            if name.startswith("model.onnx") and name != "model.onnx":
                shutil.copy(os.path.join(self.folder, name), folder)
        graph = [(1, 2, node.render()) for node in self.nodes]
        graph += [(5, 2, data) for data in self.tensors.values()] + self.entries
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(render([(7, 2, render(graph)) if field[0] == 7 else field
                               for field in self.fields]))
        return path


def packed(data):
    values, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        values.append(value)
    return values


def constant(name, value):
    """A Constant node of one float."""
    node = Node("Constant", [], [name])
    node.others = [(5, 2, render([text(1, "value"), (5, 2, tensor("", [], 1, struct.pack("<f", value))),
                                  (20, 0, 4)]))]
    return node
