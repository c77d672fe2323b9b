import HTTPServer

/// An error with headers that its answer must have, whoever renders it.
struct AccompaniedError: Error {
  let cause: any Error
  var headers: [Problem.Header]
}

extension Filter {
  /// What `next` answers, with `headers`; failures get them as well, those too that are rendered
  /// only when all filters have ended, such as a database that is away.
  func accompanied(
    by headers: [Problem.Header], _ call: Call, _ next: Operation.Handler
  ) throws -> Response {
    do {
      var response = try next(call)
      for header in headers { response.headers[header.name] = header.value }
      return response
    } catch var problem as Problem {
      problem.headers += headers
      throw problem
    } catch var error as AccompaniedError {
      error.headers += headers
      throw error
    } catch {
      throw AccompaniedError(cause: error, headers: headers)
    }
  }
}
