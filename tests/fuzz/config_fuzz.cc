// Fuzz target of files that operators write or bring along: the configuration, the web configuration, the salts and the
// database of countries. The first byte of the input chooses one. Must not crash or read outside its buffers, and must
// refuse in words that can be shown.
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../src/app/web_config.h"
#include "scratch_folder.h"
#include "weir/app/config.h"
#include "weir/classify/country.h"
#include "weir/core/check.h"
#include "weir/core/ip_address.h"
#include "weir/core/text.h"
#include "weir/pipeline/daily_salts.h"

namespace {

using namespace weir;

const fuzz::ScratchFolder& folder() {
  static const fuzz::ScratchFolder folder;
  return folder;
}

void check_refusal(const Error& error) { WEIR_CHECK(!error.message.empty() && is_valid_utf8(error.message)); }

void read_config(std::string_view text) {
  const Result<Config> config = parse_config(text, "weir.yaml");
  if (!config) return check_refusal(config.error());
  Config running = default_config();
  static_cast<void>(take_up_changes(running, *config));
  WEIR_CHECK(take_up_changes(running, *config).applied.empty());  // all there was the first time
}

void read_web_config(std::string_view text) {
  const Result<WebConfig> config = parse_web_config(text, "web.yml");
  if (!config) return check_refusal(config.error());
  WEIR_CHECK(config->users.size() <= kMaxWebUsers);
}

void read_salts(std::string_view text) {
  constexpr std::int64_t kDay = 20'000;
  const std::string path = folder().write("salts", text);
  Result<DailySalts> salts = DailySalts::open(path);
  if (!salts) return;
  salts->advance_to(kDay);
  const Salt today = salts->today_salt();
  WEIR_CHECK(salts->file_errors() <= 1);
  if (salts->file_errors() > 0) return;
  // What was written is read again, by whoever shares the file.
  Result<DailySalts> other = DailySalts::open(path);
  WEIR_CHECK(other.has_value());
  other->advance_to(kDay);
  WEIR_CHECK(other->today_salt() == today && other->yesterday_salt() == salts->yesterday_salt());
}

void read_countries(std::string_view bytes) {
  const auto database = CountryDatabase::open(folder().write("countries", bytes));
  if (!database) return;
  for (const std::string_view address : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "ffff::", "81.2.69.142"}) {
    static_cast<void>((*database)->country_of(*parse_ip_address(address)));
  }
}

/// THE files; a seed begins with the number of its row.
constexpr std::array kFiles{read_config, read_web_config, read_salts, read_countries};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // In memory of its own, so that reading past it is seen.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  kFiles[data[0] % kFiles.size()](text);
  return 0;
}
