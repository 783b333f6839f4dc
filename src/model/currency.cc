#include "weir/model/currency.h"

#include <algorithm>
#include <array>

namespace weir {
namespace {

// Active codes of ISO 4217 list one, and those replaced lately; in alphabetical order, four characters each.
constexpr std::string_view kCodes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN "
    "BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN "
    "ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD "
    "XCG XDR XOF XPF XXX YER ZAR ZMW ZWG ZWL ";
constexpr std::size_t kStride = 4;
constexpr std::size_t kCodeCount = kCodes.size() / kStride;

constexpr auto kPacked = [] {
  std::array<Currency, kCodeCount> packed{};
  for (std::size_t i = 0; i < kCodeCount; ++i) packed[i] = pack_currency(kCodes.substr(i * kStride, 3));
  return packed;
}();
static_assert(std::is_sorted(kPacked.begin(), kPacked.end()));

}  // namespace

bool is_known_currency(Currency packed) { return std::binary_search(kPacked.begin(), kPacked.end(), packed); }

}  // namespace weir
