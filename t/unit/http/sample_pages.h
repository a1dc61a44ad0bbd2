/*
 * Every page with a view as full as it gets, and the variants worth a look.
 * Columns: name of the file, page, view (with ' for ").
 */
#define SAMPLE_ORGS "[{'id':'org_a','label':'Acme Manufacturing'},{'id':" \
    "'org_g','label':'Globex'},{'id':'org_i','label':'Initech GmbH & Co. KG'}]"

static const struct {
    const char *file, *page, *view;
} samples[] = {
    { "login", "login", "{'action':'/login','ticket':'T','application':"
      "'Contoso Reports','organization':'Acme','has_database':true,"
      "'connection_id':'con_1','others':[{'label':'Acme single sign-on',"
      "'href':'/c/acme'},{'label':'Globex directory','href':'/c/globex'}]}" },
    { "login-wrong", "login", "{'action':'/login','ticket':'T','application':"
      "'Contoso Reports','identifier':'ada@acme.example','has_database':true,"
      "'error':'wrong','connection_id':'con_1'}" },
    { "login-throttled", "login", "{'action':'/login','ticket':'T',"
      "'application':'Contoso Reports','has_database':true,'error':"
      "'throttled','wait_s':30,'identifier':'ada'}" },
    { "login-others", "login", "{'ticket':'T','application':"
      "'Contoso Reports','others':[{'label':'Acme single sign-on','href':"
      "'/c/acme'}]}" },
    { "organization", "organization", "{'action':'/organization','ticket':'T',"
      "'by_name':true,'by_email':true,'may_skip':true,'application':"
      "'Contoso Reports'}" },
    { "organization-failed", "organization", "{'action':'/organization',"
      "'ticket':'T','by_name':true,'value':'acmee','error':'unknown',"
      "'application':'Contoso Reports'}" },
    { "picker", "picker", "{'action':'/pick','ticket':'T','application':"
      "'Contoso Reports','may_go_without':true,'organizations':" SAMPLE_ORGS
      "}" },
    { "consent", "consent", "{'action':'/consent','ticket':'T','application':"
      "'Contoso Reports','initial':'C','redirect_host':'app.contoso.example',"
      "'is_third_party':true,'self_registered':true,'since':'2026-03-09',"
      "'account':'Acme','organization':'Acme','user':{'name':'Ada Lovelace',"
      "'email':'ada@acme.example'},'switch_href':'/switch?t=1','offline':true,"
      "'scopes':[{'label':'Posts','items':['read','create','delete']},{"
      "'label':'Read your profile','items':[]},{'label':'Invoices','items':"
      "['read']}]}" },
    { "consent-document", "consent", "{'action':'/consent','ticket':'T',"
      "'application':'A Very Long Application Name For Quarterly Reporting',"
      "'initial':'A','redirect_host':'app.contoso.example','is_third_party':"
      "true,'document_host':'agent.contoso.example','account':'Acme','scopes':"
      "[{'label':'Read everything there is','items':[]}],'user':{'name':"
      "'Ada'}}" },
    { "consent-details", "consent", "{'action':'/consent','ticket':'T',"
      "'application':'Contoso Pay','initial':'C','redirect_host':"
      "'pay.contoso.example','is_third_party':true,'account':'Acme','scopes':"
      "[{'label':'Payments','items':['create']}],'user':{'name':'Ada'},"
      "'details':[{'type':'payment_initiation','members':[{'name':"
      "'instructedAmount.currency','value':'EUR'},{'name':"
      "'instructedAmount.amount','value':'123.50'},{'name':'creditorName',"
      "'value':'Merchant A'},{'name':'actions','value':'initiate, status'}]},"
      "{'type':'https://api.contoso.example/statement','members':[]}]}" },
    { "confirm", "confirm", "{'action':'/confirm','ticket':'T','application':"
      "'Contoso Tool','redirect_host':'localhost'}" },
    { "error", "error", "{'error':'invalid_request','description':"
      "'Parameter redirect_uri is not registered for this application',"
      "'reference':'ref_8sKq2mVbT0aZ'}" },
    { "error-ours", "error", "{'error':'temporarily_unavailable',"
      "'description':'temporarily unavailable','retry_after':5,'is_ours':"
      "true,'reference':'ref_8sKq2mVbT0aZ'}" },
    { "form_post", "form_post", "{'action':'https://app.contoso.example/cb',"
      "'pairs':[{'name':'code','value':'abc'},{'name':'state','value':'x'}]}" },
    { "web_message", "web_message", "{'origin':'https://app.contoso.example',"
      "'message':'{\\\"type\\\":\\\"authorization_response\\\"}'}" },
};
