// Reads PromQL as far as the linter needs it: is it valid, which series does it select, in which functions.
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';

/** One selector, such as `up{job="weir"}[5m]`. */
export interface Selector {
  metric: string;
  /** Label to what it must be, with operator and quotes: `=~"$job"`. */
  matchers: Map<string, string>;
  /** Text of the range; empty for an instant. */
  range: string;
  /** The function or aggregation it is the argument of; empty when there is none. */
  calledBy: string;
  /** It counts only where Weir itself is: `... and on (job, instance) weir_build_info`. */
  ofWeir: boolean;
}

/** A duration nobody would write, which stands for $__rate_interval. */
export const rateInterval = '8869990s';

/** What variables stand for while a query is read. Those inside of quotes are left alone. */
const values: [RegExp, string][] = [
  [/\$__rate_interval|\$\{__rate_interval\}/g, rateInterval],
  [/\$__range\b|\$\{__range\}/g, '6h'],
  [/\$__interval\b|\$\{__interval\}/g, '1m'],
  [/\[\$window\]/g, '[1h]'],
  [/topk\(\$top/g, 'topk(25'],
];

export function withValues(query: string): string {
  return values.reduce((text, [variable, value]) => text.replace(variable, value), query);
}

function textOf(query: string, node: SyntaxNode | null): string {
  return node ? query.slice(node.from, node.to) : '';
}

/** The function around a node, whatever offset or parentheses are between. */
function callerOf(query: string, node: SyntaxNode): string {
  for (let at = node.parent; at; at = at.parent) {
    if (at.name === 'FunctionCall') return textOf(query, at.getChild('FunctionIdentifier'));
    if (at.name === 'AggregateExpr') return textOf(query, at.getChild('AggregateOp'));
    if (!['MatrixSelector', 'OffsetExpr', 'ParenExpr', 'FunctionCallBody', 'StepInvariantExpr'].includes(at.name)) return '';
  }
  return '';
}

/** Is it on the left of an `and` that asks for weir_build_info of the same job? */
function joinedWithWeir(query: string, node: SyntaxNode): boolean {
  for (let at = node; at.parent; at = at.parent) {
    if (at.parent.name !== 'BinaryExpr' || !at.parent.getChild('And')) continue;
    const right = at.parent.lastChild;
    const isLeft = right !== null && at.to <= right.from;
    const labels = textOf(query, at.parent.getChild('MatchingModifierClause'));
    if (isLeft && /^on\s*\(job\b/.test(labels) && /\bweir_build_info\b/.test(textOf(query, right))) return true;
  }
  return false;
}

function selectorAt(query: string, node: SyntaxNode): Selector {
  const matchers = new Map<string, string>();
  for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
    const label = textOf(query, matcher.getChild('LabelName'));
    matchers.set(label, query.slice(matcher.from + label.length, matcher.to));
  }
  const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : null;
  return {
    metric: textOf(query, node.getChild('Identifier')),
    matchers,
    range: matrix ? query.slice(node.to, matrix.to).replace(/[[\]\s]/g, '') : '',
    calledBy: callerOf(query, node),
    ofWeir: joinedWithWeir(query, node),
  };
}

/** The selectors of a query, or what is wrong with it. */
export function selectorsOf(text: string): Selector[] | string {
  const query = withValues(text);
  const found: Selector[] = [];
  let fault = '';
  parser.parse(query).iterate({
    enter: (reference) => {
      if (reference.type.isError && !fault) fault = `not PromQL near "${query.slice(reference.from, reference.from + 20)}"`;
      if (reference.name === 'VectorSelector') found.push(selectorAt(query, reference.node));
    },
  });
  return fault || found;
}
