# Contacts: creation, change, deletion, companies and their people, the list
# with its filters, order, words and includes.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick $INSTANT);

my $crm = CRM::Test->tenant;
my $me  = $crm->id;


sub contact {
    my (%fields) = @_;

    my $res = $crm->post('/contacts', { name => 'Contact', %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


sub list { return ids($crm->get('/contacts', query => {@_})) }


# ---- one ------------------------------------------------------------------

my $res = $crm->post('/contacts', {
    name => '  Sara Ahmadi ', email => 'Sara@Example.com',
    phone => '+98 (912) 345-6789', country => 'IR',
});
$crm->status_ok($res, 201);
is($res->header('Location'), '/crm/v1/contacts/1', 'Location');
is($res->header('ETag'), '"1"', 'ETag');

my $sara = $res->json;
like($sara->{created_at}, $INSTANT, 'created_at');
is_deeply(
    pick($sara, qw(id version name kind parent_id email phone country tag_ids
                   active user_id created_by updated_by)),
    { id => 1, version => 1, name => 'Sara Ahmadi', kind => 'person',
      parent_id => undef, email => 'Sara@Example.com',
      phone => '+98 (912) 345-6789', country => 'IR', tag_ids => [],
      active => Mojo::JSON->true, user_id => undef, created_by => $me,
      updated_by => $me },
    'a contact with its defaults',
);
is_deeply($crm->get('/contacts/1')->json, $sara, 'reads the same');
is($crm->head('/contacts/1')->header('ETag'), '"1"', 'HEAD');
is($crm->get('/contacts/1', headers => { 'If-None-Match' => '"1"' })->status,
   304, 'If-None-Match');

my $acme = contact(name => 'Acme', kind => 'company');
my $jane = contact(name => 'Jane', parent_id => $acme->{id},
                   email => 'jane@acme.example');

$crm->problem_ok($crm->post('/contacts', {}), 422, 'validation',
                 [['name', 'required']]);
$crm->problem_ok($crm->post('/contacts', { name => 'x', parent_id => 999 }),
                 422, 'validation', [['parent_id', 'not_found']]);
$crm->problem_ok($crm->post('/contacts', { name => 'x', parent_id => 1 }),
                 422, 'validation', [['parent_id', 'invalid']],
                 'the parent is no company');
$crm->problem_ok($crm->post('/contacts', { name => 'x', kind => 'company',
                                           parent_id => $acme->{id} }),
                 422, 'validation', [['parent_id', 'invalid']],
                 'a company has no parent');
$crm->problem_ok($crm->post('/contacts', { name => 'x', email => 'nobody',
                                           country => 'XX', nope => 1,
                                           id => 7 }),
                 422, 'validation',
                 [['email', 'invalid'], ['country', 'invalid'],
                  ['nope', 'unknown_field'], ['id', 'read_only']]);
$crm->problem_ok($crm->post('/contacts', { name => '', parent_id => 999,
                                           email => 'nobody' }),
                 422, 'validation',
                 [['name', 'required'], ['parent_id', 'not_found'],
                  ['email', 'invalid']], 'a parent among other faults');
$crm->problem_ok($crm->patch('/contacts/1', { parent_id => 999, name => 1 }),
                 422, 'validation',
                 [['parent_id', 'not_found'], ['name', 'invalid']],
                 '... of a PATCH');
$crm->problem_ok($crm->patch('/contacts/999', { nope => 1 }), 422,
                 'validation', [['nope', 'unknown_field']],
                 'the body before the record');
$crm->problem_ok($crm->get('/contacts/999'), 404, 'not_found');
$crm->problem_ok($crm->get('/contacts/1?nope=1'), 400, 'unknown_parameter');

$res = $crm->patch('/contacts/1', { job_title => 'CTO', phone => undef });
$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(version job_title phone email)),
          { version => 2, job_title => 'CTO', phone => undef,
            email => 'Sara@Example.com' }, 'PATCH');
is($crm->patch('/contacts/1', { job_title => 'CTO' })->json->{version}, 2,
   'a PATCH that changes nothing');
$crm->problem_ok($crm->patch('/contacts/1', { name => 'y' },
                             headers => { 'If-Match' => '"1"' }),
                 412, 'precondition_failed');
$crm->problem_ok($crm->patch('/contacts/1', { name => undef }), 422,
                 'validation', [['name', 'required']]);
$crm->problem_ok($crm->patch('/contacts/999', { name => 'y' }), 404,
                 'not_found');
$crm->problem_ok($crm->patch("/contacts/$acme->{id}", { kind => 'person' }),
                 422, 'validation', [['kind', 'invalid']],
                 'people belong to the company');
$crm->problem_ok($crm->patch("/contacts/$acme->{id}",
                             { parent_id => $acme->{id} }),
                 422, 'validation', [['parent_id', 'invalid']],
                 'a company below itself');

# ---- deletion -------------------------------------------------------------

$res = $crm->delete("/contacts/$acme->{id}");
$crm->problem_ok($res, 409, 'in_use');
is_deeply($res->json->{counts}, { contacts => 1 }, 'its people');

my $lead = $crm->post('/leads', { name => 'L', contact_id => $jane->{id} });
$crm->status_ok($lead, 201);

$res = $crm->delete("/contacts/$jane->{id}");
$crm->problem_ok($res, 409, 'in_use');
is_deeply($res->json->{counts}, { leads => 1 }, 'its leads');

my $gone = contact(name => 'Gone', parent_id => $acme->{id});
is($crm->delete("/contacts/$gone->{id}")->status, 204, 'DELETE');
$crm->problem_ok($crm->get("/contacts/$gone->{id}"), 404, 'not_found');
$crm->problem_ok($crm->delete("/contacts/$gone->{id}"), 404, 'not_found');

my $sales = $crm->user;
is($sales->post('/contacts', { name => 'By sales' })->status, 201,
   'a salesperson creates contacts');
$crm->problem_ok($sales->delete('/contacts/1'), 403, 'forbidden');

# ---- list -----------------------------------------------------------------

my $tag = $crm->post('/tags', { name => 'VIP' })->json->{id};

$crm->patch('/contacts/1', { tag_ids => [$tag], user_id => $sales->id,
                             phone => '۰۹۱۲ ۳۴۵ ۶۷۸۹' });
$crm->patch("/contacts/$jane->{id}", { active => Mojo::JSON->false });

is_deeply(list(), [1, 2, 5], 'active ones by id');
is_deeply(list(active => 'any'), [1, 2, 3, 5], 'active=any');
is_deeply(list(active => 'false'), [3], 'active=false');
is_deeply(list(kind => 'company'), [2], 'kind');
is_deeply(list(kind => 'company,person', sort => '-id'), [5, 2, 1],
          'any of several');
is_deeply(list(parent_id => 2, active => 'any'), [3], 'parent_id');
is_deeply(list(parent_id => 'none'), [1, 2, 5], 'parent_id=none');
is_deeply(list(tag_id => $tag), [1], 'tag_id');
is_deeply(list(tag_id => 'none'), [2, 5], 'tag_id=none');
is_deeply(list(user_id => $sales->id), [1], 'user_id');
is_deeply(ids($sales->get('/contacts?user_id=me')), [1], 'user_id=me');
is_deeply(list(user_id => 'none'), [2, 5], 'user_id=none');
is_deeply(list(email => 'SARA@example.COM'), [1], 'email, folded');
is_deeply(list(phone => '09123456789'), [1], 'phone as it is written');
is_deeply(list(phone => '+98 912 345 6789'), [1],
          'phone with the country code');
is_deeply(list(phone => '09120000000'), [], 'another phone');
is_deeply(list(id => '1,3,99', active => 'any'), [1, 3], 'id');
is_deeply(list(id => '۱,۲'), [1, 2], 'Persian digits');
is_deeply(list(sort => 'name'), [2, 5, 1], 'by name');
is_deeply(list(sort => '-name'), [1, 5, 2], 'by name, descending');
is_deeply(list(sort => '-created_at'), [5, 2, 1], 'newest first');
is_deeply(list(sort => '-updated_at', limit => 1), [1],
          'last changed first');
is_deeply(list(q => 'sar ahm'), [1], 'words');
is_deeply(list(q => 'ac'), [2], 'two letters');
is_deeply(list(q => 'jane', active => 'any'), [3], 'a name');
is_deeply(list(q => 'acme', active => 'any'), [2, 3],
          'a name, or a part of an e-mail');
is_deeply(list(q => '912345'), [1], 'a phone');
is_deeply(list(q => 'jane'), [], 'no archived one');

for my $query ('q=a', 'q=', 'kind=robot', 'parent_id=x', 'parent_id=0',
               'parent_id=', 'sort=email', 'limit=0', 'limit=1001',
               'total=maybe', 'fields=nope', 'include=nope', 'active=maybe',
               'kind=none', 'id=none', 'sort=', 'id=1&id=2')
{
    $crm->problem_ok($crm->get("/contacts?$query"), 400,
                     'invalid_parameter', undef, "$query: 400");
}

$res = $crm->get('/contacts?parent=2');
$crm->problem_ok($res, 400, 'unknown_parameter');
like($res->json->{detail}, qr/"parent_id"/, 'names the nearest');

$res = $crm->get('/contacts', query => { total => 'true', limit => 2 });
is($res->json->{total}, 3, 'total');
is_deeply(ids($res), [1, 2], 'first page');

my $next = $crm->get('/contacts', query => {
    limit => 2, cursor => $res->json->{next_cursor} });
is_deeply(ids($next), [5], 'second page');
is($next->json->{next_cursor}, undef, 'the end');
is($crm->get('/contacts?total=true&kind=company')->json->{total}, 1,
   'total of a filter');
is($crm->get('/contacts?total=true&sort=name')->json->{total}, 3,
   'total in another order');

for my $cursor ('', 'x', substr($res->json->{next_cursor}, 1)) {
    $crm->problem_ok($crm->get('/contacts',
                               query => { limit => 2, cursor => $cursor }),
                     400, 'invalid_cursor');
}

$crm->problem_ok($crm->get('/contacts', query => {
                     sort => '-id', cursor => $res->json->{next_cursor} }),
                 400, 'invalid_cursor', undef, 'the cursor of another order');

# ---- fields, include ------------------------------------------------------

is_deeply($crm->get('/contacts/1?fields=name,kind')->json,
          { id => 1, name => 'Sara Ahmadi', kind => 'person' }, 'fields');

$res = $crm->get('/contacts/3?include=parent,tags,user')->json;
is($res->{parent_id}, 2, 'the id stays');
is($res->{parent}{name}, 'Acme', 'include=parent');
is_deeply([$res->{tags}, $res->{user}], [[], undef], 'nothing to include');

$res = $sales->get('/contacts?include=parent,user,tags&fields=name')->json;
is_deeply($res->{data}[0],
          { id => 1, name => 'Sara Ahmadi', parent => undef,
            user => { id => $sales->id, name => $sales->me->{name},
                      active => Mojo::JSON->true },
            tags => [$crm->get("/tags/$tag")->json] },
          'a salesperson sees no more of a user than a picker needs');

is($crm->get('/contacts?active=any&id=3&include=parent')->json
       ->{data}[0]{parent}{name}, 'Acme', 'looked up for a page');

$crm->check_clean;

done_testing;
