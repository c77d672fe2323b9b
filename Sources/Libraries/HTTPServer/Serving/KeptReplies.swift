import CMicroHTTPD

/// Answers whose body is always the same, in the library's form, for one event thread.
///
/// The library allocates three times for every header. Here only those headers are made anew that
/// differ from the last answer. It copies the headers out while it is being asked, on this thread,
/// so that they may change while an earlier answer is still on its way.
@safe final class KeptReplies {
  /// A service has few such answers; more of them are made anew each time.
  private static let countMax = 16

  @safe private struct Entry {
    let body: [UInt8]
    let status: Int
    let handle: OpaquePointer
    var headers: [(name: String, value: String)]
  }

  private var entries: [Entry] = []

  deinit {
    for entry in entries { unsafe MHD_destroy_response(entry.handle) }
  }

  /// The library's form of `response`, which belongs to this object; nil where none is kept.
  func reply(_ response: Response) -> OpaquePointer? {
    guard response.isConstant, case .bytes(let body) = response.body else { return nil }
    // Comparing an array with itself looks at its address alone.
    let known = entries.firstIndex {
      $0.status == response.status && $0.body == body
        && Self.sameNames($0.headers, response.headers.pairs)
    }
    guard let index = known else { return unsafe keep(response, body) }
    update(&entries[index], response.headers.pairs)
    return unsafe entries[index].handle
  }

  private func keep(_ response: Response, _ body: [UInt8]) -> OpaquePointer? {
    guard entries.count < Self.countMax, let handle = unsafe Reply.make(response, source: nil)
    else { return nil }
    unsafe entries.append(
      Entry(
        body: body, status: response.status, handle: handle, headers: response.headers.pairs))
    return unsafe handle
  }

  private func update(_ entry: inout Entry, _ headers: [(name: String, value: String)]) {
    for index in headers.indices where entry.headers[index].value != headers[index].value {
      let (name, value) = headers[index]
      unsafe name.withCString { name in
        _ = unsafe entry.headers[index].value.withCString {
          unsafe MHD_del_response_header(entry.handle, name, $0)
        }
        _ = unsafe value.withCString { unsafe MHD_add_response_header(entry.handle, name, $0) }
      }
      entry.headers[index].value = value
    }
  }

  private static func sameNames(
    _ left: [(name: String, value: String)], _ right: [(name: String, value: String)]
  ) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index].name != right[index].name { return false }
    return true
  }
}
