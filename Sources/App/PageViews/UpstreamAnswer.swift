import Core
import JSON

/// What an answer of the upstream means.
enum UpstreamAnswer: Sendable, Equatable {
  /// So many views in the month.
  case views(Int64)
  /// It has no count for the month: no views, not loaded yet, or no such title.
  case nothing
  /// It wants to be left alone, for as long as it says.
  case busy(retryAfter: Duration?)
  /// It failed in a way that may pass: a status from 500 on.
  case failed(status: Int)
  /// It answered something that makes no sense.
  case senseless(String)

  /// Longer bodies are refused: what is asked for has a few hundred bytes.
  static let bodyBytesMax = 64 * 1024
  /// Levels of nesting in what is asked for: the object, its list, the object in it.
  static let depthMax = 8
  /// The most that a `Retry-After` counts for.
  static let retryAfterMax: Duration = .seconds(600)

  /// Reads an answer to a question for `month`, which came at `now`.
  init(
    status: Int, contentType: String?, retryAfter: String?, body: [UInt8], month: ViewMonth,
    now: Timestamp = .now()
  ) {
    switch status {
    case 200: self = Self.read(body, contentType, month)
    case 404: self = .nothing
    case 429: self = .busy(retryAfter: retryAfter.flatMap { Self.pause($0, now) })
    case 500...599:
      // 503 may say, like 429, when it makes sense to come again.
      let pause = status == 503 ? retryAfter.flatMap { Self.pause($0, now) } : nil
      self = pause.map { .busy(retryAfter: $0) } ?? .failed(status: status)
    default: self = .senseless("status \(status)")
    }
  }

  private static func read(
    _ body: [UInt8], _ contentType: String?, _ month: ViewMonth
  ) -> UpstreamAnswer {
    guard MediaType.isJSON(contentType) else { return .senseless("no JSON") }
    guard body.count <= bodyBytesMax else { return .senseless("more than \(bodyBytesMax) bytes") }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(body, depthMax: depthMax)
    } catch {
      return .senseless("\(error)")
    }
    guard let items = value["items"]?.elements else { return .senseless("no items") }
    for item in items {
      guard let timestamp = item["timestamp"]?.text, let views = item["views"] else {
        return .senseless("an item without timestamp or views")
      }
      // A month without views is left out, and a later one must not stand for it.
      guard timestamp == month.timestamp else { continue }
      // The store of counts says null where it means none.
      if views == .null { return .views(0) }
      guard let count = views.number, count >= 0 else { return .senseless("views of no number") }
      return .views(count)
    }
    return .nothing
  }

  /// Whole seconds, or the time until a date (RFC 9110, section 10.2.3).
  private static func pause(_ text: String, _ now: Timestamp) -> Duration? {
    seconds(text) ?? date(text).map { min(max(.zero, $0.since(now)), retryAfterMax) }
  }

  /// The one form of a date that is still sent: `Wed, 21 Oct 2026 07:28:00 GMT`.
  private static func date(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].last == ",", parts[5] == "GMT",
      let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp(iso8601: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func seconds(_ text: String) -> Duration? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text).map { min(.seconds($0), retryAfterMax) } ?? retryAfterMax
  }
}
