#!/bin/sh
# Signs a share link (version 2) to a Grafana dashboard behind a Postern gateway.
# One file for any POSIX shell; needs OpenSSL 3.0 or later and the usual awk, od, tr, wc.
#
#   POSTERN_KEY_TOKEN=glsa_... sh sign-share-link.sh DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS]
#
# Server side only: whoever can read the token, or the value derived from it, can sign links.
#
# On a machine that you share with others use another signer: openssl takes the secret as an argument and in no
# other way, so for the few milliseconds of deriving it stands in the process list.
#
# Functions with a body in ( ) run in a shell of their own: POSIX knows no local variables.

set -eu

# Names are taken byte by byte; in a UTF-8 locale some tools would take characters.
LC_ALL=C
export LC_ALL

USAGE='usage: sign-share-link.sh DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS], with the Grafana token in POSTERN_KEY_TOKEN'
TOKEN_FORMS='expected a service account token (glsa_<secret>_<8 hex digits>) or a Grafana 9 API key (base64, eyJ...)'
WHOLE_NUMBER_FORM='expected a whole number of 1 to 10 digits that does not begin with 0'

# Messages never hold the value that is wrong: it may be a secret.
fail() {
  printf 'sign-share-link: %s\n' "$1" >&2
  exit 2
}

malformed_token() {
  fail "POSTERN_KEY_TOKEN holds no Grafana token: $TOKEN_FORMS"
}

# derive TOKEN: what Grafana stores for a token, and what signs the links: 100 hex digits.
#
# Derive once and keep the result: the 10,000 iterations are there to be slow. Keep it as safe as the token itself.
derive() (
  case $1 in
    glsa_*) parts=$(split_service_account_token "$1") || exit ;;
    *) parts=$(split_api_key "$1") || exit ;;
  esac
  # As hex, so that openssl need not guess the encoding of a name. Its own messages would quote the secret.
  bytes=$(openssl kdf -keylen 50 -kdfopt digest:SHA256 -kdfopt iter:10000 \
    -kdfopt "hexpass:${parts% *}" -kdfopt "hexsalt:${parts#* }" PBKDF2 2>/dev/null) ||
    fail 'openssl could not derive the key: expected OpenSSL 3.0 or later (see: openssl version)'
  printf %s "$bytes" | tr -d ':\n' | tr A-F a-f
)

# sign DERIVED TIMESTAMP: signature for one second, the timestamp in unix seconds.
sign() (
  # Milliseconds are the usual mistake, and the gateway takes nothing but ten digits.
  is_ten_digits "$2" || fail 'timestamp: expected unix seconds, ten digits'
  # printf is a builtin: what it writes is in no process list.
  digest=$(printf %s_%s "$1" "$2" | openssl dgst -md5 -r) ||
    fail 'openssl refused MD5, which the protocol fixes: expected OpenSSL without FIPS mode'
  printf %s "${digest%% *}"
)

# sign_link DASHBOARD_URL KEY_NAME ORG_ID DERIVED TIMESTAMP [EXPIRE_SECONDS]: the dashboard's address with a
# signature, good for one minute: sign when the page is asked for, not earlier. Without EXPIRE_SECONDS the gateway's
# own default holds (one hour).
sign_link() (
  check_url "$1"
  check_name "$2" || exit
  signature=$(sign "$4" "$5") || exit
  query="aliyun_api_key_sign=$signature&aliyun_api_key_timestamp=$5"
  query="$query&aliyun_api_key_name=$(percent_encode "$2")&aliyun_api_key_org_id=$3"
  [ $# -lt 6 ] || query="$query&aliyun_api_key_expire_seconds=$6"
  append_query "$1" "$query"
)

# Prints secret and salt, both as hex.
split_service_account_token() (
  case $1 in glsa_*_*) ;; *) malformed_token ;; esac
  middle=${1#glsa_}
  secret=${middle%_*}
  checksum=${middle##*_}
  case $secret in '' | *[!A-Za-z0-9]*) malformed_token ;; esac
  case $checksum in *[!0-9a-f]*) malformed_token ;; esac
  [ ${#checksum} -eq 8 ] || malformed_token
  printf '%s %s' "$(printf %s "$secret" | to_hex)" "$(printf %s "$checksum" | to_hex)"
)

# Prints secret and salt, both as hex.
split_api_key() (
  case $1 in *[!A-Za-z0-9+/=]*) malformed_token ;; esac
  # openssl ignores what it cannot decode, so the rest is left to the JSON reader.
  [ $((${#1} % 4)) -eq 0 ] || malformed_token
  printf %s "$1" | openssl base64 -d -A 2>/dev/null | od -An -v -tx1 | read_api_key || malformed_token
)

# Reads the JSON of an API key, given as hex bytes: an object of strings and whole numbers. Anything else in it
# (nested values, true, null, half a surrogate pair) is refused. Hex all the way, because awks differ about bytes
# beyond ASCII.
read_api_key() {
  awk '
    function fail() { failed = 1; exit 1 }
    function skip_space() { while (byte[at] ~ /^(20|09|0a|0d)$/) at++ }
    function take(code) { skip_space(); if (byte[at] != code) fail(); at++ }
    function take_string(  text) {
      take("22")
      while (byte[at] != "22") {
        if (at > count) fail()
        text = text (byte[at] == "5c" ? take_escape() : byte[at++])
      }
      at++
      return text
    }
    function take_escape(  code) {
      code = byte[at + 1]
      at += 2
      if (code == "75") return utf8(take_code_point())
      if (!(code in escape)) fail()
      return escape[code]
    }
    function take_code_point(  high, low) {
      high = take_four_digits()
      if (high < 55296 || high > 57343) return high
      if (high > 56319 || byte[at] byte[at + 1] != "5c75") fail()
      at += 2
      low = take_four_digits()
      if (low < 56320 || low > 57343) fail()
      return 65536 + (high - 55296) * 1024 + low - 56320
    }
    function take_four_digits(  value, last) {
      for (last = at + 3; at <= last; at++) {
        if (!(byte[at] in digit)) fail()
        value = value * 16 + digit[byte[at]]
      }
      return value
    }
    function utf8(code) {
      if (code < 128) return sprintf("%02x", code)
      if (code < 2048) return sprintf("%02x", 192 + int(code / 64)) tail(code, 1)
      if (code < 65536) return sprintf("%02x", 224 + int(code / 4096)) tail(code, 64) tail(code, 1)
      return sprintf("%02x", 240 + int(code / 262144)) tail(code, 4096) tail(code, 64) tail(code, 1)
    }
    function tail(code, unit) { return sprintf("%02x", 128 + int(code / unit) % 64) }
    function take_number(  text) {
      while (byte[at] ~ /^3[0-9]$/) text = text byte[at++]
      if (text == "") fail()
      return text
    }
    function take_field(  name) {
      skip_space()
      name = take_string()
      take("3a")
      skip_space()
      if (byte[at] == "22") string[name] = take_string()
      else number[name] = take_number()
      skip_space()
    }
    BEGIN {
      for (i = 0; i < 10; i++) digit[30 + i ""] = i
      for (i = 0; i < 6; i++) digit[41 + i ""] = digit[61 + i ""] = 10 + i
      escape["22"] = "22"; escape["5c"] = "5c"; escape["2f"] = "2f"; escape["62"] = "08"
      escape["66"] = "0c"; escape["6e"] = "0a"; escape["72"] = "0d"; escape["74"] = "09"
    }
    { for (i = 1; i <= NF; i++) byte[++count] = $i }
    END {
      if (failed) exit 1
      at = 1
      take("7b")
      take_field()
      while (byte[at] == "2c") { at++; take_field() }
      take("7d")
      skip_space()
      # 6b, 6e and 6964 are k, n and id.
      if (at <= count || string["6b"] == "" || string["6e"] == "" || number["6964"] == "") exit 1
      print string["6b"], string["6e"]
    }'
}

to_hex() {
  od -An -v -tx1 | tr -d ' \n'
}

percent_encode() {
  printf %s "$1" | od -An -v -tx1 | awk '
    BEGIN { for (i = 33; i < 127; i++) character[sprintf("%02x", i)] = sprintf("%c", i) }
    {
      for (i = 1; i <= NF; i++) printf "%s", character[$i] ~ /^[A-Za-z0-9._~-]$/ ? character[$i] : "%" toupper($i)
    }'
}

check_url() {
  case $1 in
    *[[:space:][:cntrl:]]*) ;;
    http://[!/?#]* | https://[!/?#]*)
      # The gateway refuses repeated parameters, so signing a signed link again would give a dead one.
      case $1 in
        *aliyun_api_key*)
          fail 'dashboard URL: it is a share link already; expected the plain address of the dashboard' ;;
      esac
      return ;;
  esac
  fail 'dashboard URL: expected a whole address, https://host/d/..., without spaces or control characters'
}

check_name() (
  # Without the bytes that continue a character, one is left for each.
  length=$(printf %s "$1" | tr -d '\200-\277' | wc -c)
  if [ "$length" -lt 1 ] || [ "$length" -gt 190 ]; then fail 'key name: expected 1 to 190 characters'; fi
)

append_query() (
  address=${1%%#*}
  fragment=${1#"$address"}
  case $address in
    *[?\&]) joint='' ;;
    *\?*) joint='&' ;;
    *) joint='?' ;;
  esac
  printf '%s%s%s%s\n' "$address" "$joint" "$2" "$fragment"
)

is_whole_number() {
  case $1 in '' | 0* | *[!0-9]*) return 1 ;; esac
  [ ${#1} -le 10 ]
}

is_ten_digits() {
  is_whole_number "$1" && [ ${#1} -eq 10 ]
}

read_timestamp() (
  timestamp=${POSTERN_TIMESTAMP:-$(date +%s)}
  is_ten_digits "$timestamp" || fail 'POSTERN_TIMESTAMP: expected unix seconds, ten digits'
  printf %s "$timestamp"
)

main() {
  case $# in 3 | 4) ;; *) fail "$USAGE" ;; esac
  # From the environment, because every user of the machine may read the arguments of a process.
  [ -n "${POSTERN_KEY_TOKEN:-}" ] || fail "POSTERN_KEY_TOKEN is not set: $TOKEN_FORMS"
  is_whole_number "$3" || fail "organisation id: $WHOLE_NUMBER_FORM"
  [ $# -lt 4 ] || is_whole_number "$4" || fail "expire seconds: $WHOLE_NUMBER_FORM"
  timestamp=$(read_timestamp) || exit
  derived=$(derive "$POSTERN_KEY_TOKEN") || exit
  sign_link "$1" "$2" "$3" "$derived" "$timestamp" ${4+"$4"}
}

main "$@"
