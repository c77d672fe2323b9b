import HTTPServer

/// Gives answers an `ETag` and leaves their body out for those who have it (RFC 9110, section 13).
///
/// A handler may set a tag of its own, such as a row's version; otherwise it is made from the body.
/// It is strong. What the server compresses afterwards is another sequence of bytes under the same
/// name, so there it becomes weak, which does for `If-None-Match`; `If-Match` wants the strong one.
struct ConditionalFilter: Filter {
  /// What a 304 repeats of the 200 that it stands for.
  ///
  /// RFC 9110, section 15.4.5; `Date` is the server's. The links of a page belong to what the
  /// client has already. `Age` goes with it, or what was kept here would count as new.
  private static let kept = ["Age", "Cache-Control", "Content-Location", "Expires", "Vary"]

  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    var response = try next(call)
    let method = call.request.method
    guard call.operation.contract.isConditional, method == .get || method == .head,
      response.status == 200, let tag = Self.tag(of: response)
    else { return response }
    // A stored answer must not be given to those who accept another coding.
    if response.mayCompress { response.headers.vary("Accept-Encoding") }
    response.headers["ETag"] = tag.text
    guard let known = EntityTags(call.request.headers.all("If-None-Match"))?.weakMatch(tag)
    else { return response }
    var unchanged = Response(status: 304)
    // As the client knows it: a stored answer that was compressed has the weak form.
    unchanged.headers.append("ETag", known.text)
    for name in Self.kept {
      if let value = response.headers[name] { unchanged.headers.append(name, value) }
    }
    return unchanged
  }

  private static func tag(of response: Response) -> EntityTag? {
    if let given = response.headers["ETag"] { return EntityTag(text: given) }
    guard case .bytes(let body) = response.body else { return nil }
    return EntityTag(of: body, mediaType: response.headers["Content-Type"] ?? "")
  }
}
