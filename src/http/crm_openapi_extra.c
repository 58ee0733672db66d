/*
 * What the tables of routes and fields do not know; see crm_openapi_int.h.
 * t/openapi.t holds it against the server.
 */

#include "crm_openapi_int.h"


#define CRM_DOC_FIGURES                                                       \
    "'count':{'type':['integer','null']},"                                    \
    "'expected_revenue':{'type':['integer','null']},"                         \
    "'weighted_revenue':{'type':['integer','null']}"

#define CRM_DOC_DUP_PARAMS                                                    \
    "{'$ref':'#/components/parameters/Limit'},"                               \
    "{'$ref':'#/components/parameters/Cursor'},"                              \
    "{'$ref':'#/components/parameters/Total'}"

#define CRM_DOC_DUP_ACTIVE                                                    \
    ",{'name':'active','in':'query','description':'any: archived ones, too'," \
    "'schema':{'type':'string','enum':['true','any'],'default':'true'}}"

#define CRM_DOC_DUP_MATCHED                                                   \
    "'matched':{'type':'array','items':{'type':'object','properties':{"       \
    "'rule_id':{'type':['integer','null'],'description':'null: the same "     \
    "contact, or one of the same company'},"                                  \
    "'field':{'type':'string'},'key':{'type':'string'}}}}"

#define CRM_DOC_DUPLICATES                                                    \
    "{'type':'object','required':['data','next_cursor','hidden',"             \
    "'too_common'],'properties':{'data':{'type':'array','items':{'type':"     \
    "'object','properties':{'lead':{'$ref':'#/components/schemas/Lead'},"     \
    "'confidence':{'type':'integer','description':'The highest of the "       \
    "rules that matched; 90 for the same contact, 45 for the same "           \
    "company'}," CRM_DOC_DUP_MATCHED "}}},"                                   \
    "'next_cursor':{'type':['string','null']},'total':{'type':'integer'},"    \
    "'hidden':{'type':'integer','description':'Matches that the caller may "  \
    "not see'},'too_common':{'type':'array','items':{'type':'object',"        \
    "'properties':{'rule_id':{'type':['integer','null']},'key':{'type':"      \
    "'string'},'count':{'type':'integer'}}}}}}"

#define CRM_DOC_SUM(name, sum)                                                \
    "'" name "':{'type':'object','properties':{'count':{'type':'integer'},'"  \
    sum "':{'type':'integer'}}},"

#define CRM_DOC_ALSO(status, text, schema)                                    \
    "'" status "':{'description':'" text "','headers':{'Location':{"          \
    "'schema':{'type':'string','format':'uri-reference'}},"                   \
    "'X-Request-Id':{'schema':{'type':'string'}}},'content':{"                \
    "'application/json':{'schema':" schema "}}}"

#define CRM_DOC_MAIL                                                          \
    "{'type':'object','required':['lead_id','message_id','threaded'],"        \
    "'properties':{'lead_id':{'type':['integer','null'],'description':"       \
    "'null: an automatic reply to nothing, or a mail seen before whose "      \
    "lead is deleted'},'message_id':{'type':['integer','null'],"              \
    "'description':'Id of the message on the lead'},'threaded':{'type':"      \
    "'boolean'}}}"

/* members of a team's card */

#define CRM_DOC_CARD                                                          \
    "'team':{'$ref':'#/components/schemas/Team'},"                            \
    "'open_opportunities':{'type':'object','properties':{"                    \
    "'count':{'type':'integer'},'expected_revenue':{'type':'integer'},"       \
    "'weighted_revenue':{'type':'integer'}}},"                                \
    CRM_DOC_SUM("overdue_opportunities", "expected_revenue")                  \
    "'overdue_activities':{'type':'integer'},"                                \
    "'unassigned_leads':{'type':'integer'},"                                  \
    CRM_DOC_SUM("quotations", "total")                                        \
    CRM_DOC_SUM("sales_orders", "total")                                      \
    "'won_this_month':{'type':'object','properties':{'count':{'type':"        \
    "'integer'},'expected_revenue':{'type':'integer'}}}"

static const crm_doc_extra_t  crm_doc_extras[] = {

    { NGX_HTTP_GET, "/leads/{id}/duplicates",
      CRM_DOC_DUP_PARAMS CRM_DOC_DUP_ACTIVE, NULL, CRM_DOC_DUPLICATES },

    { NGX_HTTP_GET, "/duplicates", CRM_DOC_DUP_PARAMS, NULL,
      "{'type':'object','required':['data','next_cursor'],'properties':{"
      "'data':{'type':'array','description':'Largest first','items':{"
      "'type':'object','properties':{'leads':{'type':'array','items':{"
      "'$ref':'#/components/schemas/Lead'}}," CRM_DOC_DUP_MATCHED "}}},"
      "'next_cursor':{'type':['string','null']},'total':{'type':'integer'},"
      "'total_at_least':{'type':'integer'}}}" },

    { NGX_HTTP_POST, "/duplicates/dismiss", NULL, NULL,
      "{'type':'object','required':['ids'],'properties':{'ids':{'type':"
      "'array','items':{'type':'integer'}}}}" },

    { NGX_HTTP_POST, "/duplicates/check",
      CRM_DOC_DUP_PARAMS CRM_DOC_DUP_ACTIVE, NULL, CRM_DOC_DUPLICATES },

    { NGX_HTTP_GET, "/board",
      "{'name':'team_id','in':'query','schema':{'type':'string'}},"
      "{'name':'user_id','in':'query','description':'An id, me or none',"
      "'schema':{'type':'string'}},"
      "{'name':'type','in':'query','schema':{'type':'string','enum':['lead',"
      "'opportunity'],'default':'opportunity'}},"
      "{'$ref':'#/components/parameters/Query'},"
      "{'name':'limit','in':'query','description':'Cards of a column',"
      "'schema':{'type':'integer','minimum':1,'maximum':1000,"
      "'default':20}},"
      "{'$ref':'#/components/parameters/IfNoneMatch'}",
      NULL,
      "{'type':'object','required':['columns'],'properties':{'columns':{"
      "'type':'array','items':{'type':'object','properties':{'stage':{"
      "'$ref':'#/components/schemas/Stage'}," CRM_DOC_FIGURES ","
      "'activity':{'type':['object','null'],'properties':{'overdue':{"
      "'type':'integer'},'today':{'type':'integer'},'planned':{'type':"
      "'integer'},'none':{'type':'integer'}}},"
      "'leads':{'type':'array','items':{'$ref':"
      "'#/components/schemas/Lead'}},"
      "'next_cursor':{'type':['string','null']}}}}}}" },

    { NGX_HTTP_POST, "/leads/batch", NULL,
      "{'type':'object','required':['operations'],'properties':{"
      "'operations':{'type':'array','minItems':1,'maxItems':1000,'items':{"
      "'type':'object','required':['op'],'properties':{'op':{'type':"
      "'string','enum':['create','update','delete']},'id':{'type':"
      "'integer','format':'int64','minimum':1},'if_match':{'type':["
      "'integer','string','null']},'body':{'type':'object'}},"
      "'additionalProperties':false}}},'additionalProperties':false}",
      "{'type':'object','required':['succeeded','failed','results'],"
      "'properties':{'succeeded':{'type':'integer'},'failed':{'type':"
      "'integer'},'results':{'type':'array','description':"
      "'In the order of the operations','items':{'type':'object',"
      "'properties':{'status':{'type':'integer'},'id':{'type':['integer',"
      "'null']},'version':{'type':['integer','null']},'code':{'type':["
      "'string','null']},'errors':{'type':'array','items':{'$ref':"
      "'#/components/schemas/Fault'}}}}}}}" },

    { NGX_HTTP_POST, "/leads/bulk", NULL,
      "{'type':'object','required':['action'],'properties':{'action':{"
      "'type':'string','enum':['lost','won','restore','archive','assign',"
      "'move','tag_add','tag_remove','priority','email',"
      "'schedule_activity','convert','delete']},"
      "'ids':{'type':['array','null'],'minItems':1,'maxItems':1000,'items':{"
      "'type':'integer','format':'int64','minimum':1}},'filter':{'type':["
      "'object','null'],'additionalProperties':{'type':'string'}},'params':{"
      "'type':['object','null']}},'additionalProperties':false}",
      "{'type':'object','required':['succeeded','failed','results',"
      "'job_id'],'properties':{'succeeded':{'type':'integer'},'failed':{"
      "'type':'integer'},'results':{'type':'array','description':"
      "'In the order of the ids','items':{'type':'object','properties':{"
      "'id':{'type':'integer'},'status':{'type':'integer'},'code':{'type':["
      "'string','null']}}}},'recipients':{'type':'array','items':{'type':"
      "'string'}},'job_id':{'type':'integer'}}}" },

    { NGX_HTTP_POST, "/leads/merge", NULL, NULL,
      "{'allOf':[{'$ref':'#/components/schemas/Lead'},{'type':'object',"
      "'properties':{'merge_id':{'type':'integer','description':'Of the log "
      "message of the survivor. Its changes hold those of the survivor, and "
      "of every other record its name and each value that did not survive, "
      "with lead_id beside field, old and new'}}}]}" },

    { NGX_HTTP_POST, "/leads/{id}/unmerge", NULL, NULL,
      "{'allOf':[{'$ref':'#/components/schemas/Lead'},{'type':'object',"
      "'properties':{'merge_id':{'type':'integer'},'restored_ids':{'type':"
      "'array','description':'Those that the caller may see','items':{"
      "'type':'integer'}}}}]}" },

    { NGX_HTTP_GET, "/leads/{id}/conversion", NULL, NULL,
      "{'type':'object','required':['action','duplicates','customer',"
      "'team_id','user_id'],'properties':{'action':{'type':'string','enum':["
      "'convert','merge']},'duplicates':{'type':'array','items':{'type':"
      "'object','properties':{'lead':{'$ref':'#/components/schemas/Lead'},"
      "'confidence':{'type':'integer'},'matched':{'type':'array','items':{"
      "'type':'object','properties':{'rule_id':{'type':['integer','null']},"
      "'field':{'type':'string'},'key':{'type':'string'}}}}}}},"
      "'customer':{'type':'object','properties':{'action':{'type':'string',"
      "'enum':['link','create','none']},'contact_id':{'type':['integer',"
      "'null']}}},'team_id':{'type':['integer','null']},"
      "'user_id':{'type':['integer','null']}}}" },

    { NGX_HTTP_POST, "/leads/{id}/convert", NULL,
      "{'type':'object','properties':{'action':{'type':['string','null'],"
      "'enum':['convert','merge',null],'description':'convert, where it is "
      "left out'},'duplicate_ids':{'type':['array','null'],'maxItems':20,"
      "'items':{'type':'integer','format':'int64','minimum':1},"
      "'description':'To merge with; those of the proposal, where they are "
      "left out'},'customer':{'type':['object','null'],'description':"
      "'That of the proposal, where it is left out. A contact that the record "
      "has stays, unless another one is named','properties':{'action':{"
      "'type':['string','null'],'enum':['link','create','none',null]},"
      "'contact_id':{'type':['integer','null'],'format':'int64','minimum':1"
      "}},'additionalProperties':false},'team_id':{'type':['integer','null'],"
      "'format':'int64','minimum':1},'user_id':{'type':['integer','null'],"
      "'format':'int64','minimum':1,'description':'null: nobody'}},"
      "'additionalProperties':false}",
      "{'allOf':[{'$ref':'#/components/schemas/Lead'},{'type':'object',"
      "'properties':{'merge_id':{'type':'integer','description':'Where it "
      "was merged'}}}]}" },

    { NGX_HTTP_POST, "/leads/{id}/move",
      "{'name':'include','in':'query','schema':{'type':'string','enum':["
      "'columns']}}", NULL, NULL },

    { NGX_HTTP_POST, "/duplicate-rules/test", NULL, NULL,
      "{'type':'object','required':['data'],'properties':{'data':{'type':"
      "'array','items':{'type':'object','properties':{'sample':{'type':"
      "'string'},'key':{'type':['string','null']}}}}}}" },

    { NGX_HTTP_GET, "/teams/dashboard",
      "{'name':'id','in':'query','schema':{'type':'string'}},"
      "{'name':'user_id','in':'query','description':'Leaders: ids, me or "
      "none','schema':{'type':'string'}},"
      "{'name':'active','in':'query','schema':{'type':'string','enum':["
      "'true','false','any'],'default':'true'}},"
      "{'name':'sort','in':'query','schema':{'type':'string','enum':["
      "'sequence','-sequence','name','-name','id','-id'],'default':"
      "'sequence'}},"
      "{'$ref':'#/components/parameters/Limit'},"
      "{'$ref':'#/components/parameters/Cursor'},"
      "{'$ref':'#/components/parameters/Total'}",
      NULL,
      "{'type':'object','required':['data','next_cursor'],'properties':{"
      "'data':{'type':'array','description':'Active records only; months "
      "and days are those of the tenant, of an activity those of its "
      "assignee','items':{'type':'object','properties':{" CRM_DOC_CARD "}}},"
      "'next_cursor':{'type':['string','null']},'total':{'type':'integer'}"
      "}}" },

    { NGX_HTTP_GET, "/teams/{id}/dashboard", NULL, NULL,
      "{'type':'object','properties':{" CRM_DOC_CARD ",'weeks':{'type':"
      "'array','description':'The last twelve, the present one last; new "
      "ones by creation, in any state','items':{'type':'object',"
      "'properties':{'start':{'type':'string','format':'date'},'new':{"
      "'type':'integer'},'won':{'type':'integer'}}}},'members':{'type':"
      "'array','description':'With the leader','items':{'type':'object',"
      "'properties':{'user_id':{'type':'integer'},'open_opportunities':{"
      "'type':'integer'},'overdue_activities':{'type':'integer'},"
      "'won_this_month':{'type':'integer'}}}}}}" },

    { NGX_HTTP_GET, "/me", NULL, NULL,
      "{'allOf':[{'$ref':'#/components/schemas/User'},{'type':'object',"
      "'properties':{'tenant':{'type':'object','properties':{'slug':{"
      "'type':'string'},'company_name':{'type':'string'},'currency':{"
      "'type':'string'},'timezone':{'type':'string'},'locale':{'type':"
      "'string'},'use_leads':{'type':'boolean'}}}}}]}" },

    { NGX_HTTP_POST, "/users/{id}/tokens", NULL, NULL,
      "{'allOf':[{'$ref':'#/components/schemas/Token'},{'type':'object',"
      "'properties':{'token':{'type':'string','description':"
      "'Shown in this answer only'}}}]}" },

    { NGX_HTTP_POST, "/leads/{id}/activity-plans/{plan_id}", NULL, NULL,
      "{'type':'object','required':['data'],'properties':{'data':{'type':"
      "'array','items':{'$ref':'#/components/schemas/Activity'}}}}" },

    { NGX_HTTP_GET, "/calendar",
      "{'name':'from','in':'query','required':true,'schema':{'type':"
      "'string','format':'date-time'}},"
      "{'name':'to','in':'query','required':true,'description':"
      "'Exclusive; at most 400 days later','schema':{'type':'string',"
      "'format':'date-time'}},"
      "{'name':'user_id','in':'query','description':'Ids, me or none',"
      "'schema':{'type':'string'}},"
      "{'name':'team_id','in':'query','description':'Ids or none: of the "
      "lead','schema':{'type':'string'}},"
      "{'name':'type_id','in':'query','schema':{'type':'string'}},"
      "{'name':'lead_id','in':'query','schema':{'type':'string'}},"
      "{'name':'contact_id','in':'query','schema':{'type':'string'}},"
      "{'$ref':'#/components/parameters/Limit'},"
      "{'$ref':'#/components/parameters/Cursor'},"
      "{'$ref':'#/components/parameters/Total'}",
      NULL,
      "{'type':'object','required':['data','next_cursor'],'properties':{"
      "'data':{'type':'array','description':'By start, all-day ones by their "
      "day','items':{'$ref':'#/components/schemas/Activity'}},"
      "'next_cursor':{'type':['string','null']},'total':{'type':'integer'},"
      "'total_at_least':{'type':'integer'}}}" },

    { NGX_HTTP_POST, "/me/calendar-token", NULL, NULL,
      "{'type':'object','required':['token'],'properties':{'token':{"
      "'type':'string','description':'Shown in this answer only'}}}" },

    { NGX_HTTP_GET, "/calendar.ics",
      "{'name':'token','in':'query','required':true,'description':"
      "'Of POST /me/calendar-token','schema':{'type':'string'}},"
      "{'$ref':'#/components/parameters/IfNoneMatch'}",
      NULL, "{'type':'string','description':'iCalendar, RFC 5545'}" },

    { NGX_HTTP_POST, "/mail/inbound",
      "{'name':'recipient','in':'query','required':true,'description':"
      "'Address that the mail is for; its local part is a team alias',"
      "'schema':{'type':'string'}}",
      NULL, CRM_DOC_MAIL },

    { NGX_HTTP_GET, "/openapi.json", NULL, NULL, "{'type':'object'}" }
};


const crm_doc_extra_t *
crm_doc_extra(const crm_route_t *route)
{
    size_t  i;

    for (i = 0; i < sizeof(crm_doc_extras) / sizeof(crm_doc_extras[0]); i++) {
        if (crm_doc_extras[i].method == route->method
            && crm_str_is(&route->path, crm_doc_extras[i].path))
        {
            return &crm_doc_extras[i];
        }
    }

    return crm_doc_report(route);
}


const char *
crm_doc_extra_success(const crm_route_t *route)
{
    if (crm_str_is(&route->path, "/leads/bulk")) {
        return CRM_DOC_ALSO("202", "Over a filter: a job does it",
                            "{'$ref':'#/components/schemas/Job'}");
    }

    if (crm_str_is(&route->path, "/mail/inbound")) {
        return CRM_DOC_ALSO("201", "A new lead", CRM_DOC_MAIL);
    }

    return NULL;
}


const char *
crm_doc_extra_media(const crm_route_t *route)
{
    return crm_str_is(&route->path, "/calendar.ics") ? "text/calendar"
                                                     : "application/json";
}


const char *
crm_doc_extra_sorts(crm_kind_t kind)
{
    return kind == CRM_KIND_LEAD ? "position" : "";
}


const char *
crm_doc_extra_includes(crm_kind_t kind)
{
    return kind == CRM_KIND_LEAD ? ",'stage_times','duplicate_count'" : "";
}


int
crm_doc_extra_derived(const crm_entity_t *entity, const crm_field_t *f)
{
    return entity->kind == CRM_KIND_LEAD
           && crm_str_is(&f->name, "probability");
}


const char *
crm_doc_extra_json(const crm_field_t *f)
{
    size_t  i;

    static const struct {
        crm_str_t    name;
        const char  *schema;
    } known[] = {
        { crm_string("next_activity"),
          "'type':['object','null'],'properties':{'id':{'type':'integer'},"
          "'type_id':{'type':'integer'},'due_date':{'type':'string',"
          "'format':'date'},'user_id':{'type':['integer','null']}}" },
        { crm_string("attachments"),
          "'type':'array','items':{'type':'object','properties':{'name':{"
          "'type':'string'},'type':{'type':'string'},'size':{'type':"
          "'integer'}}}" },
        { crm_string("changes"),
          "'type':'array','items':{'type':'object','required':['field',"
          "'old','new'],'properties':{'field':{'type':'string'},'old':{},"
          "'new':{},'lead_id':{'type':'integer','description':'Of a merged "
          "record that the old value was lost of'}}}" },
        { crm_string("result"),
          "'description':'What the job came to'" }
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (crm_str_eq(&known[i].name, &f->name)) {
            return known[i].schema;
        }
    }

    return "'description':'Any JSON value'";
}
