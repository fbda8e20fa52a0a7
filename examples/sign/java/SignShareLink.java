import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Signs a share link (version 2) to a Grafana dashboard behind a Postern gateway.
 * One file, Java 17 or later, nothing to install: copy it, or the methods you need, into your portal.
 *
 * <pre>POSTERN_KEY_TOKEN=glsa_... java SignShareLink.java DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS]</pre>
 *
 * Server side only: whoever can read the token, or the value derived from it, can sign links.
 */
public final class SignShareLink {
  private static final String USAGE =
      "usage: SignShareLink DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS], with the Grafana token in POSTERN_KEY_TOKEN";
  private static final String TOKEN_FORMS =
      "expected a service account token (glsa_<secret>_<8 hex digits>) or a Grafana 9 API key (base64, eyJ...)";
  private static final String WHOLE_NUMBER_FORM =
      "expected a whole number of 1 to 10 digits that does not begin with 0";

  private static final Pattern SERVICE_ACCOUNT_TOKEN = Pattern.compile("glsa_([A-Za-z0-9]+)_([0-9a-f]{8})");
  private static final Pattern DASHBOARD_ADDRESS = Pattern.compile("https?://[^/?#\\s][^\\s\\p{Z}\\p{Cc}]*");
  private static final Pattern JSON_FIELD = Pattern.compile(
      "\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\d{1,18}))\\s*([,}])\\s*");
  private static final Pattern JSON_ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|(.))");

  /** Links last as long as the gateway says (one hour, unless it was told otherwise). */
  public static final long DEFAULT_LIFETIME = 0;

  /** A key as it is registered with the gateway, and the value that {@link #derive} gave for its token. */
  public record ShareKey(String name, long orgId, String derived) {
    // A record's own toString would put the derived value into logs.
    @Override
    public String toString() {
      return "ShareKey[name=" + name + ", orgId=" + orgId + "]";
    }
  }

  /** Something the caller gave is not in its form. The message never holds the value: it may be a secret. */
  public static final class BadInput extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    BadInput(String message) {
      super(message);
    }
  }

  private record SecretAndSalt(String secret, String salt) {}

  private SignShareLink() {}

  /**
   * What Grafana stores for a token, and what signs the links: 100 hex digits.
   *
   * <p>Derive once, when your portal starts, and keep the result: the 10,000 iterations are there to be slow.
   * Keep it as safe as the token itself.
   */
  public static String derive(String token) throws GeneralSecurityException {
    SecretAndSalt parts = token.startsWith("glsa_") ? splitServiceAccountToken(token) : splitApiKey(token);
    byte[] salt = parts.salt().getBytes(StandardCharsets.UTF_8);
    PBEKeySpec spec = new PBEKeySpec(parts.secret().toCharArray(), salt, 10_000, 50 * 8);
    SecretKeyFactory factory = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256");
    return HexFormat.of().formatHex(factory.generateSecret(spec).getEncoded());
  }

  /** Signature for one second; {@code timestamp} is in unix seconds. */
  public static String sign(String derived, long timestamp) throws GeneralSecurityException {
    // Milliseconds (System.currentTimeMillis) are the usual mistake, and the gateway takes nothing but ten digits.
    if (timestamp < 1_000_000_000L || timestamp > 9_999_999_999L) {
      throw new BadInput("timestamp: expected unix seconds, ten digits");
    }
    byte[] text = (derived + "_" + timestamp).getBytes(StandardCharsets.US_ASCII);
    return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text));
  }

  /**
   * The dashboard's address with a signature, good for one minute: sign when the page is asked for, not earlier.
   *
   * @param expireSeconds how long the visitor stays signed in, or {@link #DEFAULT_LIFETIME}
   */
  public static String signLink(String dashboardUrl, ShareKey key, long timestamp, long expireSeconds)
      throws GeneralSecurityException {
    checkUrl(dashboardUrl);
    checkName(key.name());
    String query = "aliyun_api_key_sign=" + sign(key.derived(), timestamp)
        + "&aliyun_api_key_timestamp=" + timestamp
        + "&aliyun_api_key_name=" + percentEncode(key.name())
        + "&aliyun_api_key_org_id=" + key.orgId();
    if (expireSeconds != DEFAULT_LIFETIME) {
      query += "&aliyun_api_key_expire_seconds=" + expireSeconds;
    }
    return appendQuery(dashboardUrl, query);
  }

  private static SecretAndSalt splitServiceAccountToken(String token) {
    Matcher parts = SERVICE_ACCOUNT_TOKEN.matcher(token);
    if (!parts.matches()) {
      throw malformedToken();
    }
    return new SecretAndSalt(parts.group(1), parts.group(2));
  }

  private static SecretAndSalt splitApiKey(String token) {
    Map<String, Object> key = readFlatJson(decodeBase64(token));
    if (!(key.get("id") instanceof Long)) {
      throw malformedToken();
    }
    return new SecretAndSalt(requireText(key.get("k")), requireText(key.get("n")));
  }

  private static String requireText(Object value) {
    if (!(value instanceof String text) || text.isEmpty() || !isUtf8(text)) {
      throw malformedToken();
    }
    return text;
  }

  /** getBytes would put a question mark for half a surrogate pair, and the signature would be another key's. */
  private static boolean isUtf8(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static String decodeBase64(String token) {
    // The decoder takes a token that lost its padding; Grafana does not.
    if (token.length() % 4 != 0) {
      throw malformedToken();
    }
    try {
      return new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notBase64) {
      throw malformedToken();
    }
  }

  /**
   * An object of strings and whole numbers, which is all that an API key holds. Java brings no JSON reader; where
   * your portal has one, use that.
   */
  private static Map<String, Object> readFlatJson(String json) {
    String text = json.strip();
    if (!text.startsWith("{")) {
      throw malformedToken();
    }
    Map<String, Object> fields = new HashMap<>();
    int position = 1;
    String delimiter = ",";
    Matcher field = JSON_FIELD.matcher(text);
    while (delimiter.equals(",") && field.region(position, text.length()).lookingAt()) {
      String number = field.group(3);
      fields.put(unescape(field.group(1)), number == null ? unescape(field.group(2)) : Long.valueOf(number));
      delimiter = field.group(4);
      position = field.end();
    }
    if (!delimiter.equals("}") || position != text.length()) {
      throw malformedToken();
    }
    return fields;
  }

  private static String unescape(String text) {
    return JSON_ESCAPE.matcher(text).replaceAll(escape -> Matcher.quoteReplacement(unescapeOne(escape)));
  }

  private static String unescapeOne(MatchResult escape) {
    if (escape.group(1) != null) {
      return String.valueOf((char) Integer.parseInt(escape.group(1), 16));
    }
    return switch (escape.group(2)) {
      case "\"", "\\", "/" -> escape.group(2);
      case "b" -> "\b";
      case "f" -> "\f";
      case "n" -> "\n";
      case "r" -> "\r";
      case "t" -> "\t";
      default -> throw malformedToken();
    };
  }

  private static BadInput malformedToken() {
    return new BadInput("POSTERN_KEY_TOKEN holds no Grafana token: " + TOKEN_FORMS);
  }

  private static void checkUrl(String url) {
    if (!DASHBOARD_ADDRESS.matcher(url).matches()) {
      throw new BadInput(
          "dashboard URL: expected a whole address, https://host/d/..., without spaces or control characters");
    }
    // The gateway refuses repeated parameters, so signing a signed link again would give a dead one.
    if (url.contains("aliyun_api_key")) {
      throw new BadInput("dashboard URL: it is a share link already; expected the plain address of the dashboard");
    }
  }

  private static void checkName(String name) {
    int length = name.codePointCount(0, name.length());
    if (length < 1 || length > 190) {
      throw new BadInput("key name: expected 1 to 190 characters");
    }
  }

  /** URLEncoder writes forms, where a space is "+"; a "+" of the name is %2B by then. */
  private static String percentEncode(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Works on the text: java.net.URI refuses addresses that browsers and Grafana take. */
  private static String appendQuery(String url, String query) {
    int hash = url.indexOf('#');
    int end = hash < 0 ? url.length() : hash;
    String address = url.substring(0, end);
    return address + joint(address) + query + url.substring(end);
  }

  private static String joint(String address) {
    if (!address.contains("?")) {
      return "?";
    }
    return address.endsWith("?") || address.endsWith("&") ? "" : "&";
  }

  private static long wholeNumber(String text, String what) {
    if (!text.matches("[1-9][0-9]{0,9}")) {
      throw new BadInput(what + ": " + WHOLE_NUMBER_FORM);
    }
    return Long.parseLong(text);
  }

  private static long readTimestamp(String text) {
    if (text == null || text.isEmpty()) {
      return Instant.now().getEpochSecond();
    }
    if (!text.matches("[1-9][0-9]{9}")) {
      throw new BadInput("POSTERN_TIMESTAMP: expected unix seconds, ten digits");
    }
    return Long.parseLong(text);
  }

  private static String requireToken(Map<String, String> env) {
    // From the environment, because every user of the machine may read the arguments of a process.
    String token = env.getOrDefault("POSTERN_KEY_TOKEN", "");
    if (token.isEmpty()) {
      throw new BadInput("POSTERN_KEY_TOKEN is not set: " + TOKEN_FORMS);
    }
    return token;
  }

  /** Java reads arguments in the locale's encoding; under LC_ALL=C a name beyond ASCII is lost, not garbled. */
  private static void checkReadable(String[] args) {
    for (String arg : args) {
      if (arg.indexOf('\uFFFD') >= 0) {
        throw new BadInput("an argument is not in the locale's encoding: expected UTF-8, for example with LC_ALL=C.UTF-8");
      }
    }
  }

  private static String linkFromCommandLine(String[] args, Map<String, String> env) throws GeneralSecurityException {
    if (args.length < 3 || args.length > 4) {
      throw new BadInput(USAGE);
    }
    String token = requireToken(env);
    checkReadable(args);
    long orgId = wholeNumber(args[2], "organisation id");
    long expireSeconds = args.length == 4 ? wholeNumber(args[3], "expire seconds") : DEFAULT_LIFETIME;
    long timestamp = readTimestamp(env.get("POSTERN_TIMESTAMP"));
    return signLink(args[0], new ShareKey(args[1], orgId, derive(token)), timestamp, expireSeconds);
  }

  public static void main(String[] args) throws GeneralSecurityException {
    try {
      System.out.println(linkFromCommandLine(args, System.getenv()));
    } catch (BadInput error) {
      System.err.println("sign-share-link: " + error.getMessage());
      System.exit(2);
    }
  }
}
