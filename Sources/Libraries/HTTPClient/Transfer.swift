import CCurl
import Core
import Glibc

/// One easy handle of libcurl with what it collects, used for one exchange after another.
///
/// Not shared: its owner hands it from thread to thread whole. The handle points back to this
/// object, so libcurl may call it only while the owner holds it.
/// https://curl.se/libcurl/c/libcurl-easy.html
@safe
final class Transfer {
  let easy: UnsafeMutableRawPointer
  /// Whose exchange it is, for the owner.
  var token: UInt64 = 0

  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  private(set) var headers: [HTTPHeader] = []
  private(set) var body: [UInt8] = []
  private var bodyBytes = 0
  private var bodyBytesMax = 0
  private var keepsBody = true
  private var tooLarge = false
  private(set) var headIsWhole = false
  private var sending: [UInt8] = []
  private var sentBytes = 0
  private var resends = true
  private var attempts = 0
  private var deadline = Deadline.distant
  private var isLate = false

  /// Made once, before the first handle and so before libcurl has threads of its own.
  ///
  /// https://curl.se/libcurl/c/curl_global_init.html
  private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  init() throws(HTTPClientError) {
    guard Self.library == CURLE_OK, let easy = unsafe curl_easy_init() else {
      throw HTTPClientError(.other, CURLE_FAILED_INIT, "libcurl can not be started")
    }
    unsafe self.easy = unsafe easy
    unsafe self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    unsafe curl_easy_cleanup(easy)
    unsafe curl_slist_free_all(headerList)
    unsafe errorText.deallocate()
  }

  /// Makes the handle ready for `request`; its connections stay open.
  func prepare(_ request: HTTPRequest) throws(HTTPClientError) {
    if let flaw = request.flaw {
      throw HTTPClientError(.invalidRequest, CURLE_BAD_FUNCTION_ARGUMENT, flaw)
    }
    unsafe curl_easy_reset(easy)
    headers.removeAll(keepingCapacity: true)
    body = []
    bodyBytes = 0
    bodyBytesMax = request.bodyBytesMax
    keepsBody = request.keepsBody
    tooLarge = false
    headIsWhole = false
    sending = request.isBodyRead ? request.body : []
    sentBytes = 0
    resends = request.resendsOnDeadConnection
    attempts = 0
    deadline = request.deadline
    isLate = false
    unsafe errorText.pointee = 0
    unsafe curl_slist_free_all(headerList)
    unsafe headerList = nil
    for line in request.headerLines {
      unsafe headerList = unsafe curl_slist_append(headerList, line)
    }
    try unsafe TransferOptions(easy: easy).set(request)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe slipway_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    unsafe slipway_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    unsafe slipway_curl_set_pointer(easy, CURLOPT_PRIVATE, context)
    unsafe slipway_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    unsafe slipway_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    unsafe slipway_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
    unsafe slipway_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
    unsafe slipway_curl_set_before_request(easy, beforeRequest, context)
    if request.isBodyRead {
      unsafe slipway_curl_set_pointer(easy, CURLOPT_READDATA, context)
      unsafe slipway_curl_set_callback(easy, CURLOPT_READFUNCTION, giveBody)
      unsafe slipway_curl_set_seek(easy, seekBody, context)
    }
  }

  /// Takes the deadline and the limit of the length off what was prepared: its owner keeps to both.
  func lastsUntilCancelled() throws(HTTPClientError) {
    try unsafe TransferOptions(easy: easy).setEndless()
  }

  /// What came of the exchange that ended with `code`.
  func outcome(_ code: CURLcode) -> Result<HTTPResponse, HTTPClientError> {
    // What was sent may be large, and the handle is kept for long.
    sending = []
    if code == CURLE_OK { return .success(response) }
    if tooLarge || code == CURLE_FILESIZE_EXCEEDED {
      return .failure(
        HTTPClientError(
          .tooLarge, CURLE_FILESIZE_EXCEEDED, "the answer has more than \(bodyBytesMax) bytes"))
    }
    if isLate {
      return .failure(
        HTTPClientError(.timeout, CURLE_OPERATION_TIMEDOUT, "the time was over before it was sent"))
    }
    if code == CURLE_ABORTED_BY_CALLBACK {
      return .failure(
        HTTPClientError(.cut, CURLE_GOT_NOTHING, "the kept connection died before the answer"))
    }
    let systemCode = number(CURLINFO_OS_ERRNO)
    var message = unsafe String(cString: errorText)
    if message.isEmpty { message = unsafe String(cString: curl_easy_strerror(code)) }
    let kind = HTTPClientError.Kind(code, systemCode: systemCode, connected: attempts > 0)
    return .failure(HTTPClientError(kind, code, message))
  }

  /// The answer as far as it came.
  var response: HTTPResponse {
    let connections = number(CURLINFO_NUM_CONNECTS)
    let connect = max(time(CURLINFO_CONNECT_TIME_T), time(CURLINFO_APPCONNECT_TIME_T))
    return HTTPResponse(
      status: number(CURLINFO_RESPONSE_CODE), headers: headers, body: body,
      timings: .init(
        connect: connections > 0 ? connect : .zero, firstByte: time(CURLINFO_STARTTRANSFER_TIME_T),
        total: time(CURLINFO_TOTAL_TIME_T)),
      madeConnection: connections > 0)
  }

  private func number(_ info: CURLINFO) -> Int {
    var value = 0
    unsafe slipway_curl_get_long(easy, info, &value)
    return value
  }

  private func time(_ info: CURLINFO) -> Duration {
    var microseconds: curl_off_t = 0
    unsafe slipway_curl_get_large(easy, info, &microseconds)
    return .microseconds(microseconds)
  }
}

extension Transfer {
  /// Gives away what came of the body since the last time, so that the limit is one of what waits.
  func takeBody() -> [UInt8] {
    defer { (body, bodyBytes) = ([], 0) }
    return body
  }

  /// Takes a part of the body; false ends the exchange.
  fileprivate func take(body part: UnsafeRawBufferPointer) -> Bool {
    bodyBytes += part.count
    guard keepsBody else { return true }
    if bodyBytes > bodyBytesMax {
      tooLarge = true
      return false
    }
    unsafe body.append(contentsOf: part)
    return true
  }

  /// Takes a header line; a status line begins a new answer (100, or after a redirection).
  fileprivate func take(header line: UnsafeRawBufferPointer) {
    if unsafe line.starts(with: "HTTP/".utf8) {
      headers.removeAll(keepingCapacity: true)
      headIsWhole = false
      return
    }
    // The empty line; after 1xx another head follows.
    if unsafe line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
      headIsWhole = number(CURLINFO_RESPONSE_CODE) >= 200
      return
    }
    guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let value = unsafe line[(colon + 1)...]
    headers.append(
      unsafe HTTPHeader(
        String(decoding: line[..<colon], as: UTF8.self), Self.trimmed(value)))
  }

  private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    guard let first = unsafe bytes.firstIndex(where: { !isSpace($0) }),
      let last = unsafe bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return unsafe String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// Copies the next piece of the body to where libcurl wants it; how many bytes that were.
  fileprivate func give(_ place: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(place.count, sending.count - sentBytes)
    unsafe sending.withUnsafeBytes { bytes in
      unsafe place.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[sentBytes...].prefix(count)))
    }
    sentBytes += count
    return count
  }

  /// Goes on with the body at `offset`, for a connection that died and is made anew.
  fileprivate func seek(to offset: Int) -> Bool {
    guard (0...sending.count).contains(offset) else { return false }
    sentBytes = offset
    return true
  }

  /// Whether the request may go out on the connection that stands; a second time is a resend.
  ///
  /// A process that slept since the request was made must not send it long after its time.
  fileprivate func mayBeSent() -> Bool {
    attempts += 1
    isLate = deadline.hasPassed
    if isLate { return false }
    return resends || attempts <= 1 + number(CURLINFO_REDIRECT_COUNT)
  }
}

/// The transfer that libcurl was given as context by `prepare`.
private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
  unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

// https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html
private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  // Any other number than what came ends the transfer.
  return unsafe transfer(context).take(body: part) ? size * count : (part.isEmpty ? 1 : 0)
}

// https://curl.se/libcurl/c/CURLOPT_READFUNCTION.html
private func giveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  return unsafe transfer(context).give(
    UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

// https://curl.se/libcurl/c/CURLOPT_SEEKFUNCTION.html
private func seekBody(
  _ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32
) -> Int32 {
  guard let context = unsafe context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
  return unsafe transfer(context).seek(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

// https://curl.se/libcurl/c/CURLOPT_HEADERFUNCTION.html
private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  unsafe transfer(context).take(
    header: UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}

// https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html
private func beforeRequest(
  _ context: UnsafeMutableRawPointer?, _ remote: UnsafeMutablePointer<CChar>?,
  _ local: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
  guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
  return unsafe transfer(context).mayBeSent() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
