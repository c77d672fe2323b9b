/// Something that has counts for the metrics page.
///
/// Families are declared once on a page, so a source writes all samples of a family itself.
protocol MetricsSource: Sendable {
  /// Appends its families and samples.
  func write(to page: inout MetricsText)
}
