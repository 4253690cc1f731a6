// The word by which every channel marks an emergency. Pure.
#pragma once
#include <string_view>

namespace machiya::tell {

/// "緊急", "きんきゅう", "EMERGENCY", … in one of locale::kLanguages; Japanese for any other. Without brackets: channels have their own.
std::string_view alarm_word(std::string_view lang);

}  // namespace machiya::tell
