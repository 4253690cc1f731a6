// What proxied registrations may not claim (ETSI GS CIM 009 V1.9.1 §4.3.6.3, §5.9.2.4).
#pragma once
#include "sense/broker/entity_store.h"
#include "sense/registrations/registration.h"

namespace machiya::sense {

/// May some attribute of some entity belong to both?
bool overlap(const Registration& a, const Registration& b);
/// An exclusive registration shares nothing with another proxied one; redirect ones may share with each other, additive ones with everybody.
bool exclude_each_other(const Registration& a, const Registration& b);
/// Does this broker hold what a proxied registration claims? Additive ones claim nothing.
bool held_here(const Registration& registration, const EntityStore& entities);

}  // namespace machiya::sense
