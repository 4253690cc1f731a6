// A row of an attached table as it is kept.
#pragma once
#include "tell/campaigns/campaigns.h"

namespace machiya::tell {

struct Campaigns::Stored {
  std::int64_t key = 0;     ///< recipient; minus the line when there is none, or when the recipient stands in an earlier line
  std::int64_t line = 0;
  std::int64_t twice = 0;   ///< the earlier line; 0: the key is below 0 because nobody was found
  std::vector<std::string> values;
};

/// What stands in the text for this value of a variable: the words of a choice in the text's language, everything else as it is.
inline std::string own_text(const Template* t, const std::string& name, const std::string& value, std::string_view lang) {
  if (!t) return value;
  for (const Variable& v : t->variables)
    if (v.name == name)
      for (const city::Text& choice : v.choices)
        if (choice.in("ja") == value) return tell::fill(choice.in(lang), {}, lang);
  return value;
}

}  // namespace machiya::tell
