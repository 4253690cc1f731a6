// The single checks. Internal to plain_words.
#pragma once
#include "tell/plain_words/plain_words.h"
#include "tell/plain_words/surface.h"

namespace machiya::plain_words {

using Findings = std::vector<Finding>;

/// A finding about a part of the surface.
void add(Findings& out, const Surface& s, Span span, std::string rule, int weight, std::string ja, std::string en);

/// Readings and kanji (easy_kanji.cpp).
void check_readings(const Surface& s, Findings& out);
/// Sentences, spaces, words and forms (easy_rules.cpp).
void check_easy_sentences(const Surface& s, Findings& out);
void check_words(const Surface& s, bool easy, Findings& out);
void check_grammar(const Surface& s, bool easy, Findings& out);
/// Dates, times, numbers (easy_dates.cpp).
void check_dates(const Surface& s, Findings& out);
/// Runs of kanji and katakana longer than `most`.
void check_noun_chains(const Surface& s, std::size_t most, Findings& out);
/// Sentences of more than `most` characters, or of words where `words` says so.
void check_sentence_length(const Surface& s, std::size_t most, bool words, Findings& out);

/// RS' of Tateisi, Ono, Yamada (1988).
double tateisi(const Surface& s);
/// Reading ease of Flesch (1948).
double flesch(const Surface& s);
std::size_t words_of(const Surface& s, Span span);

}  // namespace machiya::plain_words
