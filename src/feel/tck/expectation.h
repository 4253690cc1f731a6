// Values of the TCK's XML and how an answer is compared with them.
#pragma once
#include "feel/value.h"
#include "feel/xml.h"

namespace machiya::feel {

/// The value within an inputNode, expected, component or item element.
Value tck_value(const xml::Element& e);
/// Equality in which an expected number of eight or more digits behind the point is met by an answer within 1e-12 of it,
/// relatively (such expectations were made with binary floating point); everything else must be the same.
bool tck_same(const Value& expected, const Value& answer);

}  // namespace machiya::feel
