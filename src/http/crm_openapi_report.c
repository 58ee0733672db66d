/* reports, which are lists, tables or jobs; see crm_openapi_int.h */

#include "crm_openapi_int.h"


#define CRM_DOC_CALENDAR                                                      \
    "{'name':'calendar','in':'query','description':'Whose months','schema':{" \
    "'type':'string','enum':['gregorian','jalali'],'default':'gregorian'}}"

#define CRM_DOC_GROUP                                                         \
    "'group':{'description':'id and name, or value: 2026-11 for a month; "    \
    "null for what has none, which comes last','oneOf':[{'type':'object',"    \
    "'required':['id','name'],'properties':{'id':{'type':['integer',"         \
    "'null']},'name':{'type':['string','null']}}},{'type':'object',"          \
    "'required':['value'],'properties':{'value':{'type':['string',"           \
    "'null']}}}]}"

#define CRM_DOC_LIST(required, members)                                       \
    "{'type':'object','required':['data','next_cursor'],'properties':{"       \
    "'data':{'type':'array','items':{'type':'object','required':['group',"    \
    required "],'properties':{" CRM_DOC_GROUP "," members "}}},"              \
    "'next_cursor':{'type':'null'}}}"

#define CRM_DOC_REVENUE                                                       \
    "'count':{'type':'integer'},'expected_revenue':{'type':'integer',"        \
    "'description':'In the minor unit of the currency'},"                     \
    "'weighted_revenue':{'type':'integer'}"

#define CRM_DOC_FIGURES                                                       \
    CRM_DOC_LIST("'count','expected_revenue','weighted_revenue','won',"       \
                 "'lost','win_rate','days_to_close'",                         \
                 CRM_DOC_REVENUE ","                                          \
                 "'won':{'type':'integer'},'lost':{'type':'integer'},"        \
                 "'win_rate':{'type':['number','null'],'description':"        \
                 "'Won of won and lost, per cent; null without either'},"     \
                 "'days_to_close':{'type':['number','null'],'description':"   \
                 "'Mean days from creation to closing of the records that "   \
                 "count covers and that are closed'}")


static const crm_doc_extra_t  crm_doc_reports[] = {

    { NGX_HTTP_GET, "/reports/pipeline",
      "{'name':'group_by','in':'query','description':'month is that of "
      "creation in the zone of the tenant; a record with several tags counts "
      "in each; groups without a record are left out','schema':{'type':"
      "'string','enum':['stage','team','user','source','tag','country',"
      "'month'],'default':'stage'}}," CRM_DOC_CALENDAR,
      NULL, CRM_DOC_FIGURES },

    { NGX_HTTP_GET, "/reports/lost",
      "{'name':'group_by','in':'query','description':'month is that of "
      "closing. count, revenues and days_to_close cover what was lost; won "
      "(none by reason) is there for the rate','schema':{'type':'string',"
      "'enum':['reason','stage','team','user','month'],'default':'reason'}},"
      CRM_DOC_CALENDAR,
      NULL, CRM_DOC_FIGURES },

    { NGX_HTTP_GET, "/reports/activities",
      "{'name':'group_by','in':'query','schema':{'type':'string','enum':["
      "'user','type'],'default':'user'}},"
      "{'name':'user_id','in':'query','description':'Ids, me or none',"
      "'schema':{'type':'string'}},"
      "{'name':'type_id','in':'query','description':'Ids','schema':{'type':"
      "'string'}},"
      "{'name':'due_date_from','in':'query','schema':{'type':'string',"
      "'format':'date'}},"
      "{'name':'due_date_to','in':'query','description':'Exclusive',"
      "'schema':{'type':'string','format':'date'}}",
      NULL,
      CRM_DOC_LIST("'done','overdue','planned'",
                   "'done':{'type':'integer'},'overdue':{'type':'integer',"
                   "'description':'By the day of the assignee'},"
                   "'planned':{'type':'integer','description':'Of today and "
                   "later'}") },

    { NGX_HTTP_GET, "/reports/forecast",
      "{'name':'months','in':'query','description':'How many, from the "
      "present one on; each has a group, also an empty one. What should have "
      "closed before is the group overdue, in front of them; what has no "
      "expected_close is the group null, behind them','schema':{'type':"
      "'integer','minimum':1,'maximum':60,'default':6}}," CRM_DOC_CALENDAR,
      NULL,
      CRM_DOC_LIST("'count','expected_revenue','weighted_revenue'",
                   CRM_DOC_REVENUE) }
};


const crm_doc_extra_t *
crm_doc_report(const crm_route_t *route)
{
    size_t  i;

    for (i = 0; i < sizeof(crm_doc_reports) / sizeof(crm_doc_reports[0]);
         i++)
    {
        if (crm_doc_reports[i].method == route->method
            && crm_str_is(&route->path, crm_doc_reports[i].path))
        {
            return &crm_doc_reports[i];
        }
    }

    return NULL;
}


void
crm_doc_report_success(crm_out_t *out, const crm_route_t *route)
{
    static const char  id[] = "'X-Request-Id':{'schema':{'type':'string'}}";

    crm_doc_text(out, "'200':{'description':'The report','headers':{"
                 "'ETag':{'schema':{'type':'string'}},'Vary':{'schema':{"
                 "'type':'string','const':'Accept'}},");
    crm_doc_text(out, id);
    crm_doc_text(out, "},'content':{'application/json':{'schema':");
    crm_doc_text(out, crm_doc_report(route)->answer);
    crm_doc_text(out, "},'text/csv':{'schema':{'type':'string',"
                 "'description':'RFC 4180, UTF-8, a line of names first; "
                 "groups as id,name or value. A text that a spreadsheet "
                 "would take for a formula begins with an apostrophe'}}}},"
                 "'304':{'description':'Not modified'},"
                 "'202':{'description':'A job whose result is the body: for "
                 "conditions that no index has, on many records','headers':{"
                 "'Location':{'schema':{'type':'string','format':"
                 "'uri-reference'}},");
    crm_doc_text(out, id);
    crm_doc_text(out, "},'content':{'application/json':{'schema':{'$ref':"
                 "'#/components/schemas/Job'}}}}");
}
