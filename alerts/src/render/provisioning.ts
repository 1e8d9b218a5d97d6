/**
 * Grafana's file provisioning of alert rules. The Foundation SDK builds rules as the HTTP API spells them; files
 * spell two fields the other way round (pkg/services/provisioning/alerting/rules_types.go), which `toFileRule` does.
 */
import { type Rule, RuleBuilder, QueryBuilder } from '@grafana/grafana-foundation-sdk/alerting'
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import { TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr'
import { clickhouseDatasource, clickhouseQuery } from '@sandglass/dashboards'
import { stringify } from 'yaml'
import { ruleQuery } from '../evaluate.ts'
import { ruleUid, runbookCommand, runbookUrl } from '../names.ts'
import type { AlertRule } from '../rule.ts'

const folder = 'Sandglass'
const expressionDatasource = { type: '__expr__', uid: '__expr__' }
const queryRef = 'A'
const conditionRef = 'B'

/** An alert whose subject is gone from the answer resolves after this many evaluations. */
const missingEvaluationsToResolve = 2

/** The file to place in Grafana's provisioning/alerting. One group for each evaluation interval. */
export function renderProvisioning(rules: readonly AlertRule[]): string {
  const intervals = [...new Set(rules.map(({ timing }) => timing.everyS))].sort((a, b) => a - b)
  const groups = intervals.map((everyS) => ({
    orgId: 1,
    name: `sandglass-${everyS}s`,
    folder,
    interval: `${everyS}s`,
    rules: rules.filter(({ timing }) => timing.everyS === everyS).map((rule) => toFileRule(buildRule(rule))),
  }))
  const comment = '# Generated from alerts/src by `npm run generate`. Do not edit.\n'
  return comment + stringify({ apiVersion: 1, groups }, { lineWidth: 0, aliasDuplicateObjects: false })
}

function buildRule(rule: AlertRule): Rule {
  const { lookbackS, forS, keepFiringForS } = rule.timing
  return new RuleBuilder(rule.name)
    .uid(ruleUid(rule.name))
    .condition(conditionRef)
    .withQuery(
      query(queryRef, clickhouseDatasource.uid, lookbackS, clickhouseQuery(queryRef, ruleQuery(rule))),
    )
    .withQuery(query(conditionRef, expressionDatasource.uid, 0, threshold(rule)))
    .noDataState('NoData')
    .execErrState('Error')
    .forDuration(`${forS}s`)
    .keepFiringFor(`${keepFiringForS}s`)
    .missingSeriesEvalsToResolve(missingEvaluationsToResolve)
    .labels(ruleLabels(rule))
    .annotations(annotations(rule))
    .build()
}

function query(
  refId: string,
  datasourceUid: string,
  lookbackS: number,
  model: Builder<Dataquery>,
): QueryBuilder {
  return new QueryBuilder(refId)
    .datasourceUid(datasourceUid)
    .relativeTimeRange({ from: lookbackS, to: 0 })
    .model(model)
}

function threshold({ fireAt, resolveBelow }: AlertRule): TypeThresholdBuilder {
  return new TypeThresholdBuilder()
    .refId(conditionRef)
    .datasource(expressionDatasource)
    .expression(queryRef)
    .conditions([
      {
        evaluator: { type: 'gte', params: [fireAt] },
        unloadEvaluator: { type: 'lt', params: [resolveBelow] },
      },
    ])
}

function ruleLabels({ severity, atlas, owasp }: AlertRule): Record<string, string> {
  return {
    severity,
    ...(atlas.length > 0 && { atlas: atlas.join(',') }),
    ...(owasp.length > 0 && { owasp: owasp.join(',') }),
  }
}

function annotations({ name, summary, description, labels }: AlertRule): Record<string, string> {
  return {
    summary,
    description,
    runbook_url: runbookUrl(name, labels),
    runbook_command: runbookCommand(name, labels),
  }
}

function toFileRule(rule: Rule): Record<string, unknown> {
  return {
    uid: rule.uid,
    title: rule.title,
    condition: rule.condition,
    data: withoutMethods(rule.data),
    noDataState: rule.noDataState,
    execErrState: rule.execErrState,
    for: rule.for,
    keepFiringFor: rule.keep_firing_for,
    missing_series_evals_to_resolve: rule.missingSeriesEvalsToResolve,
    labels: rule.labels,
    annotations: rule.annotations,
  }
}

/** The Foundation SDK marks its query models with a method. */
const withoutMethods = (data: Rule['data']): unknown => JSON.parse(JSON.stringify(data))
