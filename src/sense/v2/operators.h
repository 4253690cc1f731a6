// Update operators: {"$inc": 2} in place of a value says what becomes of the value that is there (Orion, "Update operators for attribute values"; what each does
// follows the operators of MongoDB that they are named after). Numbers are added and multiplied as decimals. Pure.
#pragma once
#include "base/result.h"
#include "sense/tree/tree.h"

namespace machiya::sense::ngsiv2 {

/// $inc, $mul, $min, $max, $push, $addToSet, $pull, $pullAll, $set, $unset: an object of nothing else.
bool is_operation(const tree::Value& value);
/// The new value; `before` nullptr: there is no such attribute. What is made lies in `arena`, the rest where it lay. invalid_input: the operation itself is none;
/// conflict (kUnprocessable): not with the value that is there.
Result<tree::Value> operate(const tree::Value& operation, const tree::Value* before, tree::Arena& arena);

}  // namespace machiya::sense::ngsiv2
