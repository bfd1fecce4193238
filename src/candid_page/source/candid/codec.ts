/** Values to bytes and back, by the codec of @icp-sdk/core. */

import { IDL } from "@icp-sdk/core/candid";
import { keyOf, isTuple, type Scope, type Signature, type Type } from "./types";

/** The codec's types of one interface. */
export class Codec {
  readonly #named = new Map<string, IDL.RecClass>();

  constructor(scope: Scope) {
    for (const [name] of scope.definitions()) this.#named.set(name, IDL.Rec());
    for (const [name, type] of scope.definitions()) this.#named.get(name)!.fill(this.#type(type) as IDL.ConstructType);
  }

  encode(types: readonly Type[], values: readonly unknown[]): Uint8Array {
    return IDL.encode(types.map((type) => this.#type(type)), [...values]);
  }

  /** Throws an error for bytes that are no values of `types`. */
  decode(types: readonly Type[], bytes: Uint8Array): unknown[] {
    return IDL.decode(types.map((type) => this.#type(type)), bytes);
  }

  #type(type: Type): IDL.Type {
    switch (type.kind) {
      case "name":
        return this.#named.get(type.name) ?? IDL.Empty;
      case "opt":
        return IDL.Opt(this.#type(type.of));
      case "vec":
        return IDL.Vec(this.#type(type.of));
      case "record":
        if (isTuple(type.fields)) return IDL.Tuple(...type.fields.map((field) => this.#type(field.type)));
        return IDL.Record(Object.fromEntries(type.fields.map((field) => [keyOf(field.label), this.#type(field.type)])));
      case "variant":
        return IDL.Variant(Object.fromEntries(type.fields.map((field) => [keyOf(field.label), this.#type(field.type)])));
      case "func":
        return this.#func(type);
      case "service":
        return IDL.Service(Object.fromEntries(type.methods.map((method) => [method.name, this.#type(method.type) as IDL.FuncClass])));
      default:
        return PRIMITIVES[type.kind];
    }
  }

  #func(signature: Signature): IDL.FuncClass {
    const [from, to] = [signature.arguments, signature.results].map((types) => types.map((type) => this.#type(type)));
    return IDL.Func(from as IDL.GenericIdlFuncArgs, to as IDL.GenericIdlFuncRets, signature.modes);
  }
}

const PRIMITIVES = {
  null: IDL.Null,
  bool: IDL.Bool,
  nat: IDL.Nat,
  int: IDL.Int,
  nat8: IDL.Nat8,
  nat16: IDL.Nat16,
  nat32: IDL.Nat32,
  nat64: IDL.Nat64,
  int8: IDL.Int8,
  int16: IDL.Int16,
  int32: IDL.Int32,
  int64: IDL.Int64,
  float32: IDL.Float32,
  float64: IDL.Float64,
  text: IDL.Text,
  reserved: IDL.Reserved,
  empty: IDL.Empty,
  principal: IDL.Principal,
};
