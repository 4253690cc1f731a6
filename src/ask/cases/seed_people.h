// Fictitious people: common family and given names combined at random, addresses of the definitions, mail at example.jp.
#pragma once
#include <string>

#include "base/json.h"
#include "base/rng.h"
#include "base/time.h"

namespace machiya::cases {

struct FictitiousPerson {
  std::string family, given, family_kana, given_kana, email;
};
FictitiousPerson fictitious_person(std::uint64_t seed, int number);
/// The answers with another person's name and address of mail, every date moved by `days`, every place moved a little.
json::Value for_person(const json::Value& answers, const FictitiousPerson& person, int days, Rng& rng);

}  // namespace machiya::cases
