import CCurl
import Core

/// The options of libcurl that a request becomes.
///
/// https://curl.se/libcurl/c/curl_easy_setopt.html
@safe
struct TransferOptions {
  let easy: UnsafeMutableRawPointer

  /// Sets every option for `request` on a handle that was reset.
  func set(_ request: HTTPRequest) throws(HTTPClientError) {
    let remaining = request.deadline.remainingMilliseconds
    // Zero would mean no limit at all.
    let total = max(1, Int(remaining))
    try text(CURLOPT_URL, request.url)
    try text(CURLOPT_PROTOCOLS_STR, "http,https")
    try text(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    try text(CURLOPT_USERAGENT, request.userAgent)
    try text(CURLOPT_UNIX_SOCKET_PATH, request.unixSocketPath)
    if !request.usesEnvironmentProxy { try text(CURLOPT_PROXY, "") }
    if let path = request.certificateAuthorityPath { try text(CURLOPT_CAINFO, path) }
    // Signals belong to the process, and libcurl would use SIGALRM.
    try number(CURLOPT_NOSIGNAL, 1)
    try number(CURLOPT_TIMEOUT_MS, total)
    try number(
      CURLOPT_CONNECTTIMEOUT_MS,
      max(1, min(total, Int(clamping: request.connectTimeout.inMilliseconds))))
    if let silenceMax = request.silenceMax {
      try number(CURLOPT_LOW_SPEED_LIMIT, 1)
      try number(CURLOPT_LOW_SPEED_TIME, max(1, Int(clamping: silenceMax.components.seconds)))
    }
    // One connection per exchange in flight: HTTP/2 would share one and hide lost connections.
    try number(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    if request.connection == .fresh {
      try number(CURLOPT_FRESH_CONNECT, 1)
      try number(CURLOPT_FORBID_REUSE, 1)
    }
    // The length that an answer to HEAD names is that of a body which does not come.
    if request.keepsBody, request.method != "HEAD" {
      try check(
        unsafe slipway_curl_set_large(
          easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.bodyBytesMax)))
    }
    if request.followsRedirects, ["GET", "HEAD"].contains(request.method) {
      try number(CURLOPT_FOLLOWLOCATION, 1)
      try number(CURLOPT_MAXREDIRS, HTTPRequest.redirectsMax)
    }
    try method(request)
  }

  /// Takes off the limits of time and length that a whole exchange has.
  func setEndless() throws(HTTPClientError) {
    try number(CURLOPT_TIMEOUT_MS, 0)
    try check(unsafe slipway_curl_set_large(easy, CURLOPT_MAXFILESIZE_LARGE, 0))
  }

  private func method(_ request: HTTPRequest) throws(HTTPClientError) {
    if request.method == "HEAD" { return try number(CURLOPT_NOBODY, 1) }
    if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
      try number(CURLOPT_POST, 1)
      try check(
        unsafe slipway_curl_set_large(
          easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      if !request.isBodyRead {
        // Copied, as the array may move before the transfer is over.
        var body = request.body.isEmpty ? [0] : request.body
        try check(unsafe slipway_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, &body))
      }
    }
    if request.method != "GET" || !request.body.isEmpty {
      try text(CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func number(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
    try check(unsafe slipway_curl_set_long(easy, option, value))
  }

  private func text(_ option: CURLoption, _ value: String?) throws(HTTPClientError) {
    try check(unsafe slipway_curl_set_string(easy, option, value))
  }

  private func check(_ code: CURLcode) throws(HTTPClientError) {
    if code == CURLE_OK { return }
    let message = unsafe String(cString: curl_easy_strerror(code))
    throw HTTPClientError(.invalidRequest, code, message)
  }
}

extension HTTPRequest {
  /// Longest body that libcurl gets a copy of, which then goes out with the headers at once.
  private static let copiedBodyBytesMax = 64 * 1024

  /// Whether libcurl asks for the body piece by piece, so that it is in memory once.
  var isBodyRead: Bool { body.count > Self.copiedBodyBytesMax }

  /// Header lines as libcurl takes them: `Name;` sends an empty value, `Name:` takes one away.
  var headerLines: [String] {
    var lines = headers.map { $0.value.isEmpty ? $0.name + ";" : "\($0.name): \($0.value)" }
    for unwanted in ["Expect", "Content-Type"]
    where !headers.contains(where: { $0.isNamed(unwanted) }) {
      lines.append(unwanted + ":")
    }
    return lines
  }
}
