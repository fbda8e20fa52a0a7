// Signs a share link (version 2) to a Grafana dashboard behind a Postern gateway.
// One file, Go 1.19 or later, standard library only: copy it, or the functions you need, into your portal.
//
//	POSTERN_KEY_TOKEN=glsa_... go run sign_share_link.go DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS]
//
// Server side only: whoever can read the token, or the value derived from it, can sign links.
package main

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	usage           = "usage: sign_share_link DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS], with the Grafana token in POSTERN_KEY_TOKEN"
	tokenForms      = "expected a service account token (glsa_<secret>_<8 hex digits>) or a Grafana 9 API key (base64, eyJ...)"
	wholeNumberForm = "expected a whole number of 1 to 10 digits that does not begin with 0"
)

// The messages never hold the value that is wrong: it may be a secret.
var errMalformedToken = errors.New("POSTERN_KEY_TOKEN holds no Grafana token: " + tokenForms)

var (
	serviceAccountToken = regexp.MustCompile(`^glsa_([A-Za-z0-9]+)_([0-9a-f]{8})$`)
	dashboardAddress    = regexp.MustCompile(`^https?://[^/?#\s][^\s\pZ\p{Cc}]*$`)
	wholeNumber         = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)
	tenDigits           = regexp.MustCompile(`^[1-9][0-9]{9}$`)
)

// ShareKey is a key as it is registered with the gateway, and the value that Derive gave for its token.
type ShareKey struct {
	Name    string
	OrgID   int64
	Derived string
}

// Derive returns what Grafana stores for a token, and what signs the links: 100 hex digits.
//
// Derive once, when your portal starts, and keep the result: the 10,000 iterations are there to be slow.
// Keep it as safe as the token itself.
func Derive(token string) (string, error) {
	split := splitAPIKey
	if strings.HasPrefix(token, "glsa_") {
		split = splitServiceAccountToken
	}
	secret, salt, err := split(token)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(pbkdf2SHA256([]byte(secret), []byte(salt), 10_000, 50)), nil
}

// Sign returns the signature for one second. The timestamp is in unix seconds.
func Sign(derived string, timestamp int64) (string, error) {
	// Milliseconds are the usual mistake, and the gateway takes nothing but ten digits.
	if !tenDigits.MatchString(strconv.FormatInt(timestamp, 10)) {
		return "", errors.New("timestamp: expected unix seconds, ten digits")
	}
	sum := md5.Sum([]byte(fmt.Sprintf("%s_%d", derived, timestamp)))
	return hex.EncodeToString(sum[:]), nil
}

// SignLink returns the dashboard's address with a signature, good for one minute: sign when the page is
// asked for, not earlier. With expireSeconds 0 the gateway's own default holds (one hour).
func SignLink(dashboardURL string, key ShareKey, timestamp, expireSeconds int64) (string, error) {
	if err := checkURL(dashboardURL); err != nil {
		return "", err
	}
	if err := checkName(key.Name); err != nil {
		return "", err
	}
	signature, err := Sign(key.Derived, timestamp)
	if err != nil {
		return "", err
	}
	query := fmt.Sprintf("aliyun_api_key_sign=%s&aliyun_api_key_timestamp=%d&aliyun_api_key_name=%s&aliyun_api_key_org_id=%d",
		signature, timestamp, percentEncode(key.Name), key.OrgID)
	if expireSeconds != 0 {
		query += fmt.Sprintf("&aliyun_api_key_expire_seconds=%d", expireSeconds)
	}
	return appendQuery(dashboardURL, query), nil
}

func splitServiceAccountToken(token string) (secret, salt string, err error) {
	parts := serviceAccountToken.FindStringSubmatch(token)
	if parts == nil {
		return "", "", errMalformedToken
	}
	return parts[1], parts[2], nil
}

func splitAPIKey(token string) (secret, salt string, err error) {
	var key struct {
		Secret string `json:"k"`
		Name   string `json:"n"`
		OrgID  *int64 `json:"id"`
	}
	text, err := base64.StdEncoding.DecodeString(token)
	// DecodeString skips line breaks, which Grafana would not take in a header.
	if err != nil || strings.ContainsAny(token, "\r\n") {
		return "", "", errMalformedToken
	}
	if json.Unmarshal(text, &key) != nil || key.Secret == "" || key.Name == "" || key.OrgID == nil {
		return "", "", errMalformedToken
	}
	return key.Secret, key.Name, nil
}

// RFC 8018, section 5.2. Written out because crypto/pbkdf2 came with Go 1.24 only.
func pbkdf2SHA256(secret, salt []byte, iterations, length int) []byte {
	var key []byte
	for block := uint32(1); len(key) < length; block++ {
		key = append(key, pbkdf2Block(secret, salt, iterations, block)...)
	}
	return key[:length]
}

func pbkdf2Block(secret, salt []byte, iterations int, block uint32) []byte {
	prf := hmac.New(sha256.New, secret)
	prf.Write(salt)
	binary.Write(prf, binary.BigEndian, block)
	last := prf.Sum(nil)
	result := append([]byte(nil), last...)
	for i := 1; i < iterations; i++ {
		prf.Reset()
		prf.Write(last)
		last = prf.Sum(last[:0])
		for j := range result {
			result[j] ^= last[j]
		}
	}
	return result
}

func checkURL(address string) error {
	if !dashboardAddress.MatchString(address) {
		return errors.New("dashboard URL: expected a whole address, https://host/d/..., without spaces or control characters")
	}
	// The gateway refuses repeated parameters, so signing a signed link again would give a dead one.
	if strings.Contains(address, "aliyun_api_key") {
		return errors.New("dashboard URL: it is a share link already; expected the plain address of the dashboard")
	}
	return nil
}

func checkName(name string) error {
	if !utf8.ValidString(name) {
		return errors.New("key name: expected UTF-8")
	}
	if length := utf8.RuneCountInString(name); length < 1 || length > 190 {
		return errors.New("key name: expected 1 to 190 characters")
	}
	return nil
}

// QueryEscape writes a space as "+", which only form decoders read as a space; a "+" of the name is %2B by then.
func percentEncode(name string) string {
	return strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// Works on the text: net/url would rewrite what is there already (order, escapes).
func appendQuery(address, query string) string {
	fragment := ""
	if hash := strings.IndexByte(address, '#'); hash >= 0 {
		address, fragment = address[:hash], address[hash:]
	}
	return address + joint(address) + query + fragment
}

func joint(address string) string {
	if !strings.Contains(address, "?") {
		return "?"
	}
	if strings.HasSuffix(address, "?") || strings.HasSuffix(address, "&") {
		return ""
	}
	return "&"
}

func readWholeNumber(text, what string) (int64, error) {
	if !wholeNumber.MatchString(text) {
		return 0, errors.New(what + ": " + wholeNumberForm)
	}
	return strconv.ParseInt(text, 10, 64)
}

func readTimestamp(text string) (int64, error) {
	if text == "" {
		return time.Now().Unix(), nil
	}
	if !tenDigits.MatchString(text) {
		return 0, errors.New("POSTERN_TIMESTAMP: expected unix seconds, ten digits")
	}
	return strconv.ParseInt(text, 10, 64)
}

// The token comes from the environment, because every user of the machine may read the arguments of a process.
func readKey(name, orgText string) (ShareKey, error) {
	token := os.Getenv("POSTERN_KEY_TOKEN")
	if token == "" {
		return ShareKey{}, errors.New("POSTERN_KEY_TOKEN is not set: " + tokenForms)
	}
	orgID, err := readWholeNumber(orgText, "organisation id")
	if err != nil {
		return ShareKey{}, err
	}
	derived, err := Derive(token)
	return ShareKey{Name: name, OrgID: orgID, Derived: derived}, err
}

func linkFromCommandLine(args []string) (string, error) {
	if len(args) < 3 || len(args) > 4 {
		return "", errors.New(usage)
	}
	key, err := readKey(args[1], args[2])
	if err != nil {
		return "", err
	}
	var expireSeconds int64
	if len(args) == 4 {
		if expireSeconds, err = readWholeNumber(args[3], "expire seconds"); err != nil {
			return "", err
		}
	}
	timestamp, err := readTimestamp(os.Getenv("POSTERN_TIMESTAMP"))
	if err != nil {
		return "", err
	}
	return SignLink(args[0], key, timestamp, expireSeconds)
}

func main() {
	link, err := linkFromCommandLine(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "sign-share-link:", err)
		os.Exit(2)
	}
	fmt.Println(link)
}
